"""A record of a file of outcomes as the outcome it states, or the reason why it states none."""

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

from llmcost.domain.outcome import LIMIT, PLACES, Outcome
from llmcost.ingest.source import Record

_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ][0-9:.,+\-Z ]*)?")
_NOT_IN_NAMES = re.compile(r"\W+")
_DATES = ("date", "day")
_NESTED = ("dimensions", "tags")
_TAG = "tags."
_UNIT = Decimal(1).scaleb(-PLACES)


def outcome_of(record: Record, attribution: Mapping[str, Sequence[str]]) -> Outcome:
    """The outcome of a record. Raises ValueError with a reason fit to print.

    `date` (or `day`), `metric` and `value` are what they say; every other key, and those inside `dimensions` or `tags`, is a
    dimension. One that attribution knows under another name gets the name of the column: `customer` is `customer_id`.
    """
    values = {_text(key): value for key, value in record.items()}
    day = next((values.pop(name) for name in _DATES if name in values), None)
    metric, value = values.pop("metric", None), values.pop("value", None)
    return Outcome(
        day=_day(day),
        metric=_metric(metric),
        value=_value(value),
        dimensions=tuple(sorted(_named(dict(_dimensions(values)), attribution).items())),
    )


def missing_columns(names: Container[str]) -> tuple[str, ...]:
    """Of the columns an outcome needs those that are not among these."""
    needed = [name for name in ("metric", "value") if name not in names]
    return tuple(needed if any(name in names for name in _DATES) else [_DATES[0], *needed])


def broken_down(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes of a file with every dimension that any of their metric has, unattributed where they have none.

    A column that is empty for all of a metric says nothing about it: the metric is not known by that dimension.
    """
    names: dict[str, set[str]] = {}
    for outcome in outcomes:
        names.setdefault(outcome.metric, set()).update(name for name, value in outcome.dimensions if value is not None)
    return [
        replace(outcome, dimensions=tuple((name, given.get(name)) for name in sorted(names[outcome.metric])))
        for outcome in outcomes
        for given in (dict(outcome.dimensions),)
    ]


def _day(value: object) -> date:
    if value is None or value == "":
        raise ValueError("no date")
    found = _DAY.fullmatch(_text(value).strip())
    try:
        if found is not None:
            return date.fromisoformat(found[1])
    except ValueError:
        pass
    raise ValueError("the date is not a day such as 2026-11-01")


def _metric(value: object) -> str:
    name = _NOT_IN_NAMES.sub("_", _text(value).strip().lower()).strip("_") if isinstance(value, str) else ""
    if not name:
        raise ValueError("no metric")
    return name


def _value(value: object) -> Decimal:
    if value is None or value == "":
        raise ValueError("no value")
    try:
        # A float's shortest text is what the file said.
        number = Decimal(str(value).strip()) if not isinstance(value, bool) else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite():
        raise ValueError("the value is not a number")
    if abs(number) >= LIMIT:
        raise ValueError("the value is not below 10^12")
    return number.quantize(_UNIT, rounding=ROUND_HALF_EVEN)


def _dimensions(values: Mapping[str, object]) -> Iterator[tuple[str, str | None]]:
    for name, value in values.items():
        if name in _NESTED and isinstance(value, dict):
            yield from _dimensions({_text(key): inner for key, inner in value.items()})
        elif isinstance(value, dict | list):
            raise ValueError(f"{name} is not one value")
        elif name.strip():
            text = "" if value is None else str(value).lower() if isinstance(value, bool) else _text(value)
            yield name.strip().removeprefix(_TAG), text.strip() or None


def _named(dimensions: dict[str, str | None], attribution: Mapping[str, Sequence[str]]) -> dict[str, str | None]:
    """Dimensions under the names of the ledger's columns; what a column was filled from is not kept twice."""
    for column, names in attribution.items():
        if column in dimensions:
            continue
        given = [name for name in names if name in dimensions]
        if given:
            filled = next((value for name in given if (value := dimensions[name]) is not None), None)
            for name in given:
                del dimensions[name]
            dimensions[column] = filled
    return dimensions


def _text(value: object) -> str:
    """As text that can be stored: half of a surrogate pair is none and becomes a question mark."""
    return str(value).encode("utf-8", "replace").decode("utf-8")
