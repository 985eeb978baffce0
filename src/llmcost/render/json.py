"""Reports as JSON: the stable shape `llmcost/report/1`, which does not follow our own records."""

import json as standard
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from llmcost.render.facts import fact_values
from llmcost.render.numbers import machine, machines, plain
from llmcost.reports.record import Cell, Column, Overview, Report

# Legal in JSON and harmful on a terminal: what the standard library leaves as it is. They only occur within strings.
_HIDDEN = re.compile(
    "[\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)

# The end of a small ratio, alone on its line, in the notation that has no fixed number of decimals.
_EXPONENT = re.compile(r"e-0\d(?=[,\]}]?$)", re.MULTILINE)
_MANTISSA = frozenset("-.0123456789")

_NESTED = (dict, list, tuple)

_WORTH_A_PATTERN = 8


class _Rows:
    """The rows of a report, written by the column: there may be thousands."""

    def __init__(self, report: Report) -> None:
        self._report = report

    def texts(self, newline: str) -> list[str]:
        """Each as an object of its cells by the names of their columns; `newline` ends in the indent."""
        columns = self._report.columns
        cells = zip(*(row.cells for row in self._report.rows), strict=True)
        texts = [_texts(machines(own, column.kind)) for column, own in zip(columns, cells, strict=True)]
        pairs = [f"{_encoded(column.name)}: ".replace("%", "%%") + "%s" for column in columns]
        names = [column.name for column in columns]
        told = ['"other": true%.0s' if name == "other" else pair for name, pair in zip(names, pairs, strict=True)]
        usual = _pattern(pairs, newline)
        other = _pattern(told if "other" in names else [*pairs, '"other": true'], newline)
        return [
            (other if row.other else usual) % own
            for row, own in zip(self._report.rows, zip(*texts, strict=True), strict=True)
        ]


def _texts(values: Sequence[str | int | float | None]) -> Iterable[str]:
    """Each as JSON. No encoded value has a line break."""
    if set(map(type, values)) == {int}:
        return map(str, values)
    return _encoded(values, "\n")[1:-1].split("\n")


def _pattern(pairs: Sequence[str], newline: str) -> str:
    inner = f"{newline}  "
    return f"{{{inner}{f',{inner}'.join(pairs)}{newline}}}"


def json(document: Report | Overview) -> str:
    """The document as JSON; an overview is its total."""
    report = document.total if isinstance(document, Overview) else document
    shape: dict[str, Any] = {
        "schema": "llmcost/report/1",
        "basis": report.basis,
        "by": list(report.by),
        "period": span_of(report, report.period.since, report.period.until),
        "currency": report.currency,
        "rows": _Rows(report) if report.rows else [],
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
        **(_long("long_buckets", coverage.long_buckets, coverage.long_buckets_cost)),
        **(_long("earlier_buckets", coverage.earlier_buckets, coverage.earlier_buckets_cost)),
    }


def _long(name: str, buckets: int, cost: Decimal | None) -> dict[str, Any]:
    return {name: buckets, f"{name}_cost": None if cost is None else plain(cost)} if buckets else {}


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
    # Looking for what is hardly ever there takes longer than writing the rest.
    if text.isascii() and "\x7f" not in text:
        return text
    return _HIDDEN.sub(lambda found: standard.dumps(found[0])[1:-1] if found[0] != "\x7f" else "\\u007f", text)


def _without_exponents(text: str) -> str:
    if "e-0" not in text:
        return text
    pieces, done = [], 0
    for found in _EXPONENT.finditer(text):
        start = found.start()
        while start and text[start - 1] in _MANTISSA:
            start -= 1
        exact = f"{Decimal(text[start : found.end()]):f}"
        # Six places are written of a number that has no more.
        pieces += [text[done:start], exact.ljust(len(exact.partition(".")[0]) + 7, "0")]
        done = found.end()
    return "".join((*pieces, text[done:]))


def _indented(value: Any, newline: str) -> str:
    """What the standard library writes with `indent=2`, which it does several times slower; `newline` ends in the indent."""
    inner = newline + "  "
    if isinstance(value, _Rows):
        return f"[{inner}{f',{inner}'.join(value.texts(inner))}{newline}]"
    if not isinstance(value, _NESTED) or not value:
        return _encoded(value)
    if not any(isinstance(item, _NESTED) for item in (value.values() if isinstance(value, dict) else value)):
        flat = _encoded(value, f",{inner}")
        return f"{flat[0]}{inner}{flat[1:-1]}{newline}{flat[-1]}"
    if isinstance(value, dict):
        pairs = (f"{_encoded(key)}: {_indented(item, inner)}" for key, item in value.items())
        return f"{{{inner}{f',{inner}'.join(pairs)}{newline}}}"
    records = _alike(value, inner) or [_indented(item, inner) for item in value]
    return f"[{inner}{f',{inner}'.join(records)}{newline}]"


def _alike(records: Any, newline: str) -> list[str] | None:
    """The texts of flat objects that all have the same keys, as the rows of a report have; None where they are not.

    All values are encoded at once and set into one pattern, which takes half the time.
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
    pattern = _pattern([f"{_encoded(key)}: ".replace("%", "%%") + "%s" for key in keys], newline)
    texts = iter(_texts(flat))
    return [pattern % cells for cells in zip(*[texts] * len(keys), strict=True)]


def _encoded(value: Any, separator: str = ", ") -> str:
    return _without_exponents(_encoder(separator).encode(value))


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
