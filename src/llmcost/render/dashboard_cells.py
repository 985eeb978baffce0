"""The cells of a panel as text for people, alike in a terminal and on a page."""

from collections.abc import Sequence
from decimal import Decimal

from llmcost.ledger.dimensions import dimension, dimension_names
from llmcost.render.cells import Grid, unknown_cost
from llmcost.render.numbers import human, money, money_places
from llmcost.render.visible import OTHER, TOTAL, UNATTRIBUTED, label
from llmcost.reports.dashboard import Panel
from llmcost.reports.record import Cell, Column, Row

UNIT = "unit"
"""A column that says what the amounts of its row are counted in; it is shown with them, not beside them."""
_NAMED = {"amount", "limit"}
"""The columns in which the unit is named; the others of the row are in the same."""
_SMALL = 4
"""Decimals of money below a dollar."""
_STATUSES = {"ok": "ok", "warning": "warning", "breached": "over budget", "not_evaluated": "not evaluated"}


def panel_grid(panel: Panel, currency: str) -> Grid:
    """Everything of a panel that people see; a histogram's two bounds are one column."""
    shown = [index for index, column in enumerate(panel.columns) if column.name != UNIT]
    columns = tuple(panel.columns[index] for index in shown)
    lines = [*panel.rows, *([] if panel.totals is None else [Row(cells=panel.totals)])]
    places = {index: _places(panel, lines, index) for index in shown}
    rows = [tuple(cell_text(panel, row, index, currency, places[index]) for index in shown) for row in panel.rows]
    headings = tuple(column.title for column in columns)
    if panel.kind == "histogram":
        columns, headings = columns[1:], (columns[0].title, *headings[2:])
        rows = [(_between(panel, row, currency), *texts[2:]) for row, texts in zip(panel.rows, rows, strict=True)]
    totals = None
    if panel.totals is not None:
        last = Row(cells=panel.totals)
        totals = (TOTAL, *(cell_text(panel, last, index, currency, places[index]) for index in shown[1:]))
    return Grid(columns=columns, headings=headings, rows=tuple(rows), totals=totals)


def cell_text(panel: Panel, row: Row, index: int, currency: str, places: int | None = None) -> str:
    """One cell."""
    column, value = panel.columns[index], row.cells[index]
    if column.kind in {"text", "date"}:
        return _name(column, value, row)
    unit = unit_of(panel, row)
    if unit is not None and column.kind == "money":
        return _counted(value, unit, named=column.name in _NAMED)
    if _unpriced(panel, row) and (text := unknown_cost(column, value)) is not None:
        return text
    signed = column.role == "change" and not column.name.startswith("previous_")
    return human(value, column.kind, currency, signed=signed, places=places)


def figure_text(value: Cell, column: Column, currency: str) -> str:
    """One of the main numbers; money below a dollar with the decimals that a column of it has."""
    small = column.kind == "money" and isinstance(value, Decimal) and 0 < abs(value) < 1
    places = max(_SMALL, money_places([Decimal(value)])) if small and value is not None else None
    return human(value, column.kind, currency, places=places)


def sentence(text: str) -> str:
    """A reason as a sentence."""
    return f"{text[:1].upper()}{text[1:]}."


def unit_of(panel: Panel, row: Row) -> str | None:
    """What the amounts of a row are counted in; None where all are in the dashboard's currency."""
    names = [column.name for column in panel.columns]
    return str(row.cells[names.index(UNIT)]) if UNIT in names else None


def _name(column: Column, value: Cell, row: Row) -> str:
    if column.name == "status":
        return _STATUSES.get(str(value), str(value))
    if value is None:
        return OTHER if row.other else UNATTRIBUTED
    if column.name == "dimension" and value in dimension_names():
        return dimension(str(value)).title
    return label(str(value))


def _counted(value: Cell, unit: str, *, named: bool) -> str:
    if len(unit) == 3 and unit.isupper():
        return human(value, "money", unit)
    text = human(value, "count", unit)
    return f"{text} {label(unit)}" if named and value is not None else text


def _places(panel: Panel, lines: Sequence[Row], index: int) -> int | None:
    if panel.columns[index].kind != "money" or any(column.name == UNIT for column in panel.columns):
        return None
    cells = (row.cells[index] for row in lines)
    return money_places(Decimal(cell) for cell in cells if cell is not None and not isinstance(cell, str))


def _unpriced(panel: Panel, row: Row) -> bool:
    """Whether a row has unpriced requests and no cost beside them."""
    cells = dict(zip((column.name for column in panel.columns), row.cells, strict=True))
    return bool(cells.get("unpriced_requests")) and "cost" in cells and not cells["cost"]


def _between(panel: Panel, row: Row, currency: str) -> str:
    """The bounds of one bar of a histogram."""
    start, end = (cell_text(panel, row, index, currency) for index in range(2))
    return f"{start} and more" if row.cells[1] is None else f"{start} to {end}"


def notes_of(panel: Panel) -> tuple[str, ...]:
    """What is said below a panel."""
    if panel.together is None:
        return panel.notes
    low, mid, high = (
        money(amount, panel.together.currency)
        for amount in (panel.together.low, panel.together.mid, panel.together.high)
    )
    return (f"Together about {mid}, between {low} and {high}.", *panel.notes)
