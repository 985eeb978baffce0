"""The first look at a ledger: what it cost, when, on which models, for whom."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from llmcost.reports.cost_by import cost_by
from llmcost.reports.question import Question
from llmcost.reports.record import Overview

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection

_TOP = 10


def overview(connection: "Connection", question: Question) -> Overview:
    """The total, and the same rows by time, by model and by customer; `question.by` is ignored."""
    total = cost_by(connection, replace(question, by=()))
    if total.coverage.first is None:
        return Overview(total=total, sections=())
    shared = replace(question, basis=total.basis, compare=False)
    grain = grain_of(total.coverage.first, total.coverage.last)
    sections = [cost_by(connection, replace(shared, by=(grain,), top=None))]
    for key in ("model", "customer_id"):
        section = cost_by(connection, replace(shared, by=(key,), top=question.top or _TOP))
        if any(row.cells[0] is not None for row in section.rows):
            sections.append(section)
    return Overview(total=total, sections=tuple(sections))


def grain_of(first: datetime | None, last: datetime | None) -> str:
    """Days for a month, weeks for half a year, months beyond."""
    if first is None or last is None:
        return "day"
    span = last.astimezone(UTC) - first.astimezone(UTC)
    if span <= timedelta(days=31):
        return "day"
    return "week" if span <= timedelta(days=183) else "month"
