"""A report as a grid of text for people: headings, rows and totals of the columns shown."""

from collections.abc import Sequence
from dataclasses import dataclass

from llmcost.domain.printable import printable
from llmcost.render.numbers import human
from llmcost.render.visible import OTHER, UNATTRIBUTED, label
from llmcost.reports.record import Cell, Column, Report, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Text by row and column."""

    columns: tuple[Column, ...]
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    totals: tuple[str, ...] | None
    """None where the only row is the total."""


def grid(report: Report) -> Grid:
    """The columns shown."""
    names = [column.name for column in report.columns]
    indexes = [names.index(name) for name in report.shown]
    columns = tuple(report.columns[index] for index in indexes)
    total = Row(cells=report.totals)
    return Grid(
        columns=columns,
        headings=tuple(printable(column.title) for column in columns),
        rows=tuple(_texts(row, indexes, report) for row in report.rows),
        totals=None if not report.by else ("Total", *_texts(total, indexes, report)[1:]),
    )


def is_number(column: Column) -> bool:
    """Whether a column is aligned right and never cut."""
    return column.role != "key"


def _texts(row: Row, indexes: Sequence[int], report: Report) -> tuple[str, ...]:
    unpriced = row.cells[[column.name for column in report.columns].index("unpriced_requests")]
    return tuple(_text(row, index, report, unpriced) for index in indexes)


def _text(row: Row, index: int, report: Report, unpriced: Cell) -> str:
    column, value = report.columns[index], row.cells[index]
    if column.role == "key":
        if value is not None:
            return label(str(value))
        if row.cells is report.totals:
            return ""
        return OTHER if row.other else UNATTRIBUTED
    if value is None and column.name == "cost" and unpriced:
        return "unpriced"
    return human(value, column.kind, report.currency, signed=column.name.endswith(("_change", "_change_ratio")))
