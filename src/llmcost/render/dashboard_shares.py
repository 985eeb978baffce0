"""What is drawn of a panel's rows: how long their bars are, and what became of a figure since the period before."""

from llmcost.render.numbers import human
from llmcost.reports.dashboard import Panel
from llmcost.reports.record import Cell, Column, Row


def shares_of(panel: Panel) -> list[float | None]:
    """The bar of each row, between 0 and 1 of the whole, else of the largest; what is beyond the whole is more than 1."""
    index = [column.name for column in panel.columns].index(panel.measure)
    values = [_float(row.cells[index]) for row in panel.rows]
    most = panel.whole or max((value for value in values if value is not None), default=0.0)
    return [None if value is None or most <= 0 else value / most for value in values]


def change_of(panel: Panel, column: Column) -> str | None:
    """What became of a figure since the period before, in words; None where that is not known."""
    row = panel.rows[0]
    changes = {one.name: value for one, value in zip(panel.columns, row.cells, strict=True) if one.role == "change"}
    if column.name == "cost" and changes.get("cost_change_ratio") is not None:
        return human(changes["cost_change_ratio"], "percent", "", signed=True)
    if column.name == "requests" and changes.get("requests_change") is not None:
        return human(changes["requests_change"], "count", "", signed=True)
    return None


def ranges_of(panel: Panel, row: Row) -> list[float | None]:
    """The measure of a row and the columns beside it, each between 0 and 1 of the largest in the panel."""
    places = [[column.name for column in panel.columns].index(name) for name in (panel.measure, *panel.beside)]
    values = [_float(one.cells[place]) for one in panel.rows for place in places]
    most = max((value for value in values if value is not None), default=0.0)
    found = [_float(row.cells[place]) for place in places]
    return [None if value is None or most <= 0 else value / most for value in found]


def _float(value: Cell) -> float | None:
    return None if value is None or isinstance(value, str) else float(value)
