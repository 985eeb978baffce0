"""Whether a change of the prompt helped: each version against the one before it, in cost, tokens and errors.

Versions are in the order of their first days, and of their names on one day, within each prompt where prompts are named. What changed is told with the
interval that holds the true change in 95 of 100 cases: Welch's for cost and tokens per request, Newcombe's for the error
rate. An interval on one side of zero is a clear change; with fewer than 30 requests on either side nothing is said. Versions
that ran one after the other also differ by what else changed meanwhile; an experiment that ran them side by side is
`--by experiment`, with the tag your calls carry.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, tzinfo
from fractions import Fraction
from itertools import groupby
from typing import TYPE_CHECKING

from llmcost.domain.exact import half_even
from llmcost.ledger import queries
from llmcost.ledger.keys import Key, resolve
from llmcost.ledger.registry import Kind
from llmcost.ledger.variants import Measured, Variant, variants
from llmcost.reports.cost_by import cost_by
from llmcost.reports.definition import Definition, Surroundings
from llmcost.reports.groups import change_column, key_column, number_column, whole
from llmcost.reports.question import Question, selection
from llmcost.reports.record import Cell, Fact, Sheet, Study
from llmcost.stats.differences import Difference, Sample, newcombe, welch

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection

_FEWEST = 30
_VERSION, _PROMPT = "prompt_version", "prompt_name"

_Pair = tuple[Variant | None, Variant]


def _run(connection: "Connection", question: Question, _: Surroundings) -> Study:
    base = cost_by(connection, replace(whole(question), by=()))
    rows = selection(connection, question)
    by = question.by
    if by == (_VERSION,) and queries.has_value(connection, rows, resolve(connection, _PROMPT)):
        by = (_PROMPT, _VERSION)
    keys = [resolve(connection, name) for name in by]
    found = variants(connection, rows, keys) if rows.basis == "requests" else []
    pairs = list(_pairs(found, question.zone))
    sheets = tuple(
        _sheet(measure, keys, pairs, question)
        for measure in (
            _Measure(name="cost", title="Cost per request", kind="money", value="cost_per_request", judge=_cost),
            _Measure(
                name="tokens", title="Tokens per request", kind="number", value="tokens_per_request", judge=_tokens
            ),
            _Measure(name="errors", title="Error rate", kind="percent", value="error_rate", judge=_errors),
        )
    )
    moved = [now.name for before, now in pairs if before is not None and before.model != now.model]
    notes = list(base.notes)
    if rows.basis == "exports":
        notes.append("exports hold no single requests, whose spread it takes to compare versions")
    elif not found:
        notes.append(f"no request here has a value for {by[-1]}")
    if moved:
        notes.append(f"{', '.join(moved)}: most requests used another model than those before, which changes cost, too")
    return Study(
        name="",
        title="",
        sheets=sheets,
        base=base,
        facts=(Fact(name="versions", title=keys[-1].title + "s", kind="count", value=len(found)),),
        notes=tuple(notes),
    )


def _pairs(found: Sequence[Variant], zone: tzinfo) -> Iterator[_Pair]:
    """Each variant with the one before it in its group, in the order of their first days; `v2` before `v10` on one day."""
    for _, members in groupby(found, key=lambda one: one.group):
        before = None
        for now in sorted(members, key=lambda one: (_day(one, zone), _natural(one.name))):
            yield before, now
            before = now


def _day(one: Variant, zone: tzinfo) -> date:
    return one.first.replace(tzinfo=UTC).astimezone(zone).date()


def _natural(name: str) -> list[tuple[int, str]]:
    """What sorts names with the numbers in them by size."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]


_Judged = tuple[Cell, Difference | None, float | None]
"""The value of the later one, how it differs, and the value before as a float."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measure:
    """What variants are compared in."""

    name: str
    title: str
    kind: Kind
    value: str
    """The name of the column."""
    judge: Callable[[Variant | None, Variant], _Judged]


def _sheet(measure: _Measure, keys: Sequence[Key], pairs: Sequence[_Pair], question: Question) -> Sheet:
    rows: list[tuple[Cell, ...]] = []
    for before, now in pairs:
        cell, difference, earlier = measure.judge(before, now)
        scale = 1.0 if measure.kind == "percent" else earlier
        ends: tuple[Cell, ...] = (None, None, None)
        if difference is not None and scale:
            ends = (difference.value / scale, difference.low / scale, difference.high / scale)
        rows.append(
            (
                *now.group,
                now.name,
                _day(now, question.zone).isoformat(),
                now.requests,
                cell,
                None if before is None else before.name,
                *ends,
                _reading(before, difference),
            )
        )
    points = measure.kind == "percent"
    moved = "difference" if points else "change"
    return Sheet(
        name=measure.name,
        title=measure.title,
        columns=(
            *(key_column(key.name, key.title) for key in keys),
            key_column("first_day", "Since", "date"),
            number_column("requests", "Requests", "count"),
            number_column(measure.value, measure.title, measure.kind),
            key_column("against", "Against"),
            change_column(moved, "Points" if points else "Change", "percent"),
            change_column("low", "95 % interval", "percent"),
            change_column("high", "Upper end", "percent"),
            key_column("reading", "Reading"),
        ),
        shown=(
            *(key.name for key in keys),
            measure.value,
            moved,
            "low",
            "reading",
            "requests",
        ),
        ranges=(("low", "high"),),
        rows=tuple(rows[: question.limit]),
        empty="no versions",
    )


def _reading(before: Variant | None, difference: Difference | None) -> str:
    if before is None:
        return "first"
    if difference is None:
        return "too few"
    if not difference.clear:
        return "no clear change"
    return "less" if difference.value < 0 else "more"


def _cost(before: Variant | None, now: Variant) -> _Judged:
    cell = None if now.cost is None else half_even(Fraction(now.cost.total) / now.cost.count)
    earlier, difference = _means(None if before is None else before.cost, now.cost)
    return cell, difference, earlier


def _tokens(before: Variant | None, now: Variant) -> _Judged:
    earlier, difference = _means(None if before is None else before.tokens, now.tokens)
    return None if now.tokens is None else now.tokens.mean, difference, earlier


def _means(before: Measured | None, now: Measured | None) -> tuple[float | None, Difference | None]:
    if before is None or now is None or min(before.count, now.count) < _FEWEST:
        return None, None
    first, second = (Sample(count=one.count, mean=one.mean, variance=one.variance) for one in (before, now))
    return before.mean, welch(first, second)


def _errors(before: Variant | None, now: Variant) -> _Judged:
    rate = now.failed / now.judged if now.judged else None
    if before is None or min(before.judged, now.judged) < _FEWEST:
        return rate, None, None
    return rate, newcombe((before.failed, before.judged), (now.failed, now.judged)), before.failed / before.judged


report = Definition(title="Prompt versions compared", by=(_VERSION,), run=_run, fixed=True)
