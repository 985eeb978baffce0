"""Reports as CSV after RFC 4180: the numbers of the JSON, one line per row, no line of totals."""

import csv as standard
import io

from llmcost.domain.printable import printable
from llmcost.render.numbers import machine
from llmcost.reports.record import Column, Overview, Report, Row

# What spreadsheets take for the start of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def csv(document: Report | Overview) -> str:
    """The document as CSV; an overview is its total. `other` tells the row of all others from unattributed."""
    report = document.total if isinstance(document, Overview) else document
    target = io.StringIO(newline="")
    writer = standard.writer(target)
    has_other = any(row.other for row in report.rows)
    names = [f"tags.{one.name}" if has_other and one.name == "other" else one.name for one in report.columns]
    writer.writerow([*map(safe, names), *(["other"] if has_other else [])])
    for row in report.rows:
        writer.writerow([*_cells(report.columns, row), *([str(row.other).lower()] if has_other else [])])
    return target.getvalue()


def _cells(columns: tuple[Column, ...], row: Row) -> list[str]:
    return [
        safe(cell) if isinstance(cell, str) else _number(machine(cell, column.kind))
        for column, cell in zip(columns, row.cells, strict=True)
    ]


def _number(value: str | float | None) -> str:
    if value is None:
        return ""
    return f"{value:.6f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def safe(text: str) -> str:
    """Text that neither a terminal nor a spreadsheet executes."""
    return f"'{printable(text)}" if text.startswith(_FORMULA) else printable(text)
