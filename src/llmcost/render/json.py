"""Reports as JSON: the stable shape `llmcost/report/1`, which does not follow our own records."""

import json as standard
import re
from datetime import datetime
from typing import Any

from llmcost.render.numbers import machine, plain
from llmcost.reports.record import Cell, Column, Overview, Report

# Legal in JSON and harmful on a terminal: what the standard library leaves as it is. They only occur within strings.
_HIDDEN = re.compile(
    "[\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)

# A small ratio, alone on its line, in the notation that has no fixed number of decimals.
_EXPONENT = re.compile(r"-?\d(?:\.\d+)?e-0\d(?=,?$)", re.MULTILINE)


def json(document: Report | Overview) -> str:
    """The document as JSON; an overview is its total."""
    report = document.total if isinstance(document, Overview) else document
    coverage = report.coverage
    unattributed = coverage.unattributed_cost
    shape: dict[str, Any] = {
        "schema": "llmcost/report/1",
        "basis": report.basis,
        "by": list(report.by),
        "period": _span(report, report.period.since, report.period.until),
        "currency": report.currency,
        "rows": [
            {**_cells(report.columns, row.cells), **({"other": True} if row.other else {})} for row in report.rows
        ],
        "totals": _cells(report.columns[len(report.by) :], report.totals[len(report.by) :]),
        "coverage": {
            "requests": coverage.requests,
            "unpriced_requests": coverage.unpriced_requests,
            "estimated_requests": coverage.estimated_requests,
            "rejected": coverage.rejected,
            "unattributed_cost": None if unattributed is None else plain(unattributed),
        },
    }
    if report.rates:
        shape["rates"] = [{"from": day.isoformat(), "rate": plain(rate)} for day, rate in report.rates]
    if report.previous is not None:
        shape["previous"] = _span(report, report.previous.since, report.previous.until)
    return f"{dumped(shape)}\n"


def dumped(value: Any) -> str:
    """Indented JSON in which every invisible character is an escape."""
    text = standard.dumps(value, ensure_ascii=False, indent=2, allow_nan=False)
    text = _EXPONENT.sub(lambda found: f"{float(found[0]):.6f}", text)
    return _HIDDEN.sub(lambda found: standard.dumps(found[0])[1:-1] if found[0] != "\x7f" else "\\u007f", text)


def _cells(columns: tuple[Column, ...], cells: tuple[Cell, ...]) -> dict[str, str | int | float | None]:
    return {column.name: machine(cell, column.kind) for column, cell in zip(columns, cells, strict=True)}


def _span(report: Report, since: datetime | None, until: datetime | None) -> dict[str, str | None]:
    def text(bound: datetime | None) -> str | None:
        return None if bound is None else bound.astimezone(report.zone).isoformat().replace("+00:00", "Z")

    return {"since": text(since), "until": text(until), "tz": str(report.zone)}
