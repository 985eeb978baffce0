"""Reports as JSON: the stable shape `llmcost/report/1`, which does not follow our own records."""

import json as standard
import re
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from llmcost.render.facts import fact_values
from llmcost.render.numbers import machine, plain
from llmcost.reports.record import Cell, Column, Overview, Report

# Legal in JSON and harmful on a terminal: what the standard library leaves as it is. They only occur within strings.
_HIDDEN = re.compile(
    "[\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)

# The end of a small ratio, alone on its line, in the notation that has no fixed number of decimals.
_EXPONENT = re.compile(r"e-0\d(?=,?$)", re.MULTILINE)
_MANTISSA = frozenset("-.0123456789")

_NESTED = (dict, list, tuple)

_WORTH_A_PATTERN = 8


def json(document: Report | Overview) -> str:
    """The document as JSON; an overview is its total."""
    report = document.total if isinstance(document, Overview) else document
    shape: dict[str, Any] = {
        "schema": "llmcost/report/1",
        "basis": report.basis,
        "by": list(report.by),
        "period": span_of(report, report.period.since, report.period.until),
        "currency": report.currency,
        "rows": [
            {**cells_of(report.columns, row.cells), **({"other": True} if row.other else {})} for row in report.rows
        ],
        "totals": cells_of(report.columns[len(report.by) :], report.totals[len(report.by) :]),
        "coverage": coverage_of(report),
    }
    if report.name is not None:
        named = {"name": report.name, **({"facts": fact_values(report.facts)} if report.facts else {})}
        shape = {"schema": shape.pop("schema"), **named, **shape}
    if report.rates:
        shape["rates"] = [{"from": day.isoformat(), "rate": plain(rate)} for day, rate in report.rates]
    if report.charges is not None:
        shape["charges"] = plain(report.charges)
    if report.previous is not None:
        shape["previous"] = span_of(report, report.previous.since, report.previous.until)
    return f"{dumped(shape)}\n"


def coverage_of(report: Report) -> dict[str, str | int | float | None]:
    """What the numbers of a report are made of."""
    coverage = report.coverage
    unattributed = coverage.unattributed_cost
    return {
        "requests": coverage.requests,
        "unpriced_requests": coverage.unpriced_requests,
        "estimated_requests": coverage.estimated_requests,
        "rejected": coverage.rejected,
        "unattributed_cost": None if unattributed is None else plain(unattributed),
        "attributed_ratio": _attributed(report),
        **({"buckets": coverage.buckets, "unpriced_buckets": coverage.unpriced_buckets} if coverage.buckets else {}),
    }


def _attributed(report: Report) -> float | None:
    """The share of cost that has a value for the first key; without keys, an owner. None where no cost is known."""
    names = [column.name for column in report.columns]
    total, without = report.totals[names.index("cost")], report.coverage.unattributed_cost
    if not isinstance(total, Decimal) or not total or without is None:
        return None
    return round(float((total - without) / total), 6)


def dumped(value: Any) -> str:
    """Indented JSON in which every invisible character is an escape."""
    text = _indented(value, "\n")
    text = _without_exponents(text)
    # Looking for what is hardly ever there takes longer than writing the rest.
    if text.isascii() and "\x7f" not in text:
        return text
    return _HIDDEN.sub(lambda found: standard.dumps(found[0])[1:-1] if found[0] != "\x7f" else "\\u007f", text)


def _without_exponents(text: str) -> str:
    pieces, done = [], 0
    for found in _EXPONENT.finditer(text):
        start = found.start()
        while start and text[start - 1] in _MANTISSA:
            start -= 1
        pieces += [text[done:start], f"{float(text[start : found.end()]):.6f}"]
        done = found.end()
    return "".join((*pieces, text[done:]))


def _indented(value: Any, newline: str) -> str:
    """What the standard library writes with `indent=2`, which it does several times slower; `newline` ends in the indent."""
    inner = newline + "  "
    if not isinstance(value, _NESTED) or not value:
        return _encoder(", ").encode(value)
    if not any(isinstance(item, _NESTED) for item in (value.values() if isinstance(value, dict) else value)):
        flat = _encoder(f",{inner}").encode(value)
        return f"{flat[0]}{inner}{flat[1:-1]}{newline}{flat[-1]}"
    if isinstance(value, dict):
        pairs = (f"{_encoder(', ').encode(key)}: {_indented(item, inner)}" for key, item in value.items())
        return f"{{{inner}{f',{inner}'.join(pairs)}{newline}}}"
    records = _alike(value, inner) or [_indented(item, inner) for item in value]
    return f"[{inner}{f',{inner}'.join(records)}{newline}]"


def _alike(records: Any, newline: str) -> list[str] | None:
    """The texts of flat objects that all have the same keys, as the rows of a report have; None where they are not.

    All values are encoded at once and set into one pattern, which takes half the time. No encoded value has a line break.
    """
    first = records[0]
    if len(records) < _WORTH_A_PATTERN or not isinstance(first, dict) or not first:
        return None
    keys = list(first)
    if not all(isinstance(record, dict) and list(record) == keys for record in records):
        return None
    flat = [value for record in records for value in record.values()]
    if any(isinstance(value, _NESTED) for value in flat):
        return None
    inner = f"{newline}  "
    pairs = f",{inner}".join(f"{_encoder(', ').encode(key)}: ".replace("%", "%%") + "%s" for key in keys)
    pattern = f"{{{inner}{pairs}{newline}}}"
    texts = iter(_encoder("\n").encode(flat)[1:-1].split("\n"))
    return [pattern % cells for cells in zip(*[texts] * len(keys), strict=True)]


@cache
def _encoder(separator: str) -> standard.JSONEncoder:
    return standard.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(separator, ": "))


def cells_of(columns: tuple[Column, ...], cells: tuple[Cell, ...]) -> dict[str, str | int | float | None]:
    """Values by the names of their columns."""
    return {column.name: machine(cell, column.kind) for column, cell in zip(columns, cells, strict=True)}


def span_of(report: Report, since: datetime | None, until: datetime | None) -> dict[str, str | None]:
    """A period of a report in its time zone."""

    def text(bound: datetime | None) -> str | None:
        return None if bound is None else bound.astimezone(report.zone).isoformat().replace("+00:00", "Z")

    return {"since": text(since), "until": text(until), "tz": str(report.zone)}
