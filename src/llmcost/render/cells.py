"""A report as a grid of text for people: headings, rows and totals of the columns shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from llmcost.domain.printable import printable
from llmcost.render.numbers import UNKNOWN, human, money_places
from llmcost.render.visible import OTHER, TOTAL, UNATTRIBUTED, label
from llmcost.reports.record import Cell, Column, Report, Row, Sheet


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
    lines = [*report.rows, *([total] if report.by else [])]
    places = {index: _places(lines, index) for index in indexes if report.columns[index].kind == "money"}
    return Grid(
        columns=columns,
        headings=tuple(printable(column.title) for column in columns),
        rows=tuple(_texts(row, indexes, report, places) for row in report.rows),
        totals=None if not report.by else (TOTAL, *_texts(total, indexes, report, places)[1:]),
    )


def unknown_cost(column: Column, value: Cell) -> str | None:
    """What stands for nothing in a row whose every call that costs something is unpriced; None where it is a number of its own.

    Such a row may have a cost of 0, of its calls that failed or were answered by a cache: adding that up would read as free.
    """
    if value or isinstance(value, str):
        return None
    if column.name == "cost":
        return "unpriced"
    of_cost = column.name == "share" or column.name.startswith("cost_per_") or column.name.endswith("_cost")
    return UNKNOWN if of_cost and column.name != "reported_cost" else None


def with_drawing(cells: Grid, heading: str, drawings: Sequence[str]) -> Grid:
    """The grid with one more column, of blocks."""
    return Grid(
        columns=(*cells.columns, Column(name="drawing", title=heading, kind="text", role="drawing")),
        headings=(*cells.headings, heading),
        rows=tuple((*row, drawing) for row, drawing in zip(cells.rows, drawings, strict=True)),
        totals=None if cells.totals is None else (*cells.totals, ""),
    )


def is_number(column: Column) -> bool:
    """Whether a column is never cut."""
    return column.role != "key"


def is_right(column: Column) -> bool:
    """Whether a column is aligned right."""
    return column.role not in {"key", "drawing"}


def shown_places(sheet: Sheet) -> list[int]:
    """Where the columns people see of a sheet are among all of them."""
    names = [column.name for column in sheet.columns]
    uppers = {upper for _, upper in sheet.ranges}
    return [names.index(name) for name in sheet.shown or [name for name in names if name not in uppers]]


def sheet_grid(sheet: Sheet, currency: str) -> Grid:
    """The columns people see of a sheet."""
    names = [column.name for column in sheet.columns]
    uppers = {names.index(lower): names.index(upper) for lower, upper in sheet.ranges}
    indexes = shown_places(sheet)
    lines = [Row(cells=cells) for cells in (*sheet.rows, *([sheet.totals] if sheet.totals is not None else []))]
    places = {index: _places(lines, index) for index in indexes if sheet.columns[index].kind == "money"}
    texts = [
        tuple(
            _cell(line.cells[index], sheet.columns[index], currency, places.get(index))
            if index not in uppers or line.cells[index] is None
            else " to ".join(
                _cell(line.cells[end], sheet.columns[end], currency, None) for end in (index, uppers[index])
            )
            for index in indexes
        )
        for line in lines
    ]
    columns = tuple(sheet.columns[index] for index in indexes)
    return Grid(
        columns=columns,
        headings=tuple(printable(column.title) for column in columns),
        rows=tuple(texts[: len(sheet.rows)]),
        totals=None if sheet.totals is None else (str(sheet.totals[indexes[0]]), *texts[-1][1:]),
    )


def _cell(value: Cell, column: Column, currency: str, places: int | None) -> str:
    if column.role == "key":
        return UNATTRIBUTED if value is None else label(str(value))
    return human(value, column.kind, currency, signed=column.role == "change", places=places)


def _places(lines: Sequence[Row], index: int) -> int:
    cells = (row.cells[index] for row in lines)
    return money_places(Decimal(cell) for cell in cells if cell is not None and not isinstance(cell, str))


def _texts(row: Row, indexes: Sequence[int], report: Report, places: Mapping[int, int]) -> tuple[str, ...]:
    unpriced = row.cells[[column.name for column in report.columns].index("unpriced_requests")]
    return tuple(_text(row, index, report, unpriced, places.get(index)) for index in indexes)


def _text(row: Row, index: int, report: Report, unpriced: Cell, places: int | None) -> str:
    column, value = report.columns[index], row.cells[index]
    if column.role == "key":
        if value is not None:
            return label(str(value))
        if row.cells is report.totals:
            return ""
        return OTHER if row.other else UNATTRIBUTED
    cost = row.cells[[one.name for one in report.columns].index("cost")]
    # A call with several unpriced passes is counted with one of them; where nothing is known the others say so as well.
    unknown = unpriced or (cost is None and report.basis == "requests")
    if unknown and not cost and (text := unknown_cost(column, value)) is not None:
        return text
    signed = column.name.endswith(("_change", "_change_ratio"))
    return human(value, column.kind, report.currency, signed=signed, places=places)
