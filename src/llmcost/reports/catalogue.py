"""The folder `named/` is the registry of named reports: one module, one `report`; the file name, dashed, is the id."""

import importlib
import pkgutil
from collections.abc import Sequence
from dataclasses import replace
from types import ModuleType
from typing import TYPE_CHECKING

from llmcost.domain.errors import UsageError
from llmcost.domain.text import nearest
from llmcost.ledger import queries
from llmcost.ledger.dimensions import GRAINS
from llmcost.ledger.keys import resolve
from llmcost.reports import named
from llmcost.reports.cost_by import cost_by
from llmcost.reports.definition import Definition, Surroundings
from llmcost.reports.question import Question, selection
from llmcost.reports.record import Report, Study

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection

_SHOWN = 50
"""Rows of a table nobody set a limit for."""


def report_names() -> list[str]:
    """The ids of every named report, in order."""
    found = (module.name for module in pkgutil.iter_modules(named.__path__))
    return sorted(name.replace("_", "-") for name in found if not name.startswith("_"))


def definition(name: str) -> Definition:
    """The named report with this id; UsageError naming the nearest ids when there is none."""
    found = _module(name).report
    if not isinstance(found, Definition):
        raise TypeError(f"{name}.report is not a Definition")
    return found


def about(name: str) -> str:
    """What the report tells, in one sentence: the first line of its module."""
    return (_module(name).__doc__ or "").partition("\n")[0]


def _module(name: str) -> ModuleType:
    if name not in report_names():
        raise UsageError(
            f"there is no report {name!r}", hint=nearest(name, report_names()) or "`llmcost report --list` names them"
        )
    return importlib.import_module(f"{named.__name__}.{name.replace('-', '_')}")


def named_report(
    connection: "Connection", name: str, question: Question, surroundings: Surroundings | None = None
) -> Report | Study:
    """Answer a named report. `question` is what the user asks besides: a period, conditions, another breakdown."""
    chosen = definition(name)
    if chosen.fixed and (question.metrics or question.top or question.compare):
        option = "--metrics" if question.metrics else "--top" if question.top else "--compare"
        raise UsageError(f"report {name} has no {option}", hint="its columns are its own; leave the option out")
    asked = replace(question, where=(*question.where, *chosen.where), metrics=question.metrics or chosen.metrics)
    asked = replace(asked, by=question.by or _by(connection, asked, chosen))
    run = chosen.run
    found = cost_by(connection, asked) if run is None else run(connection, asked, surroundings or Surroundings())
    return replace(found, name=name, title=_title(connection, chosen, asked.by))


def for_people(document: Report | Study, question: Question) -> Report | Study:
    """The document with the rows people read; days and the like, and as many as were asked for, are all of them."""
    if isinstance(document, Study) or question.limit or question.top or document.by[0] in GRAINS:
        return document
    return replace(document, rows=document.rows[:_SHOWN])


def _title(connection: "Connection", chosen: Definition, by: Sequence[str]) -> str:
    """`Latency by model`, or by what was asked for instead."""
    subject, named_for, _ = chosen.title.partition(" by ")
    if not named_for or tuple(by) == chosen.by:
        return chosen.title
    return f"{subject} by {', '.join(resolve(connection, name).title.lower() for name in by)}"


def _by(connection: "Connection", asked: Question, chosen: Definition) -> tuple[str, ...]:
    """The breakdown in which some request has a value; the first of them where none has."""
    if not chosen.instead:
        return chosen.by
    rows = selection(connection, asked)
    for first in (chosen.by[0], *chosen.instead):
        if queries.has_value(connection, rows, resolve(connection, first)):
            return first, *chosen.by[1:]
    return chosen.by
