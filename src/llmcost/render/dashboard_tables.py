"""The numbers of a panel as an HTML table: sortable, read out row by row, with a small picture under each name."""

from dataclasses import dataclass

from llmcost.render import charts
from llmcost.render.cells import Grid
from llmcost.render.dashboard_cells import UNIT, cell_text
from llmcost.render.dashboard_shares import ranges_of, shares_of
from llmcost.render.markup import Markup, tag
from llmcost.render.numbers import machine
from llmcost.render.visible import shortened
from llmcost.reports.dashboard import Panel
from llmcost.reports.record import Cell, Column, Row

_STYLES = {"breached": "breached", "reached": "breached", "warning": "warning", "close": "warning"}

_LONGEST = 120
"""Of a name; both ends of a longer one are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """One column of the table."""

    column: Column
    place: int
    """In the grid."""
    source: int
    """In the panel: where its value is, which the column is sorted by."""


def table_of(panel: Panel, cells: Grid, currency: str) -> Markup:
    """The table of a panel; `cells` are its texts."""
    shown = _shown(panel)
    shares = shares_of(panel) if panel.kind in {"bars", "gauge"} else [None] * len(panel.rows)
    body = []
    for row, texts, share in zip(panel.rows, cells.rows, shares, strict=True):
        rest = row.other or (row.cells[0] is None and panel.columns[0].role == "key")
        name = tag(
            "th",
            shortened(texts[0], _LONGEST),
            _picture(panel, row, share, rest=rest),
            *_asides(panel, row, currency),
            scope="row",
            class_="t rest" if rest else "t",
            data_v=_raw(row.cells[0], panel.columns[0]),
        )
        found = (_cell(panel, row, one, texts[one.place]) for one in shown[1:])
        body.append(tag("tr", name, *found, data_rest=True if row.other else None))
    head = [
        tag("th", cells.headings[one.place], scope="col", class_="t" if _is_text(one.column) else None) for one in shown
    ]
    foot = None
    if cells.totals is not None:
        sums = (tag("td", cells.totals[one.place]) for one in shown[1:])
        foot = tag("tfoot", tag("tr", tag("th", cells.totals[0], scope="row", class_="t"), *sums))
    content = tag(
        "table",
        tag("caption", panel.title, class_="hidden"),
        tag("thead", tag("tr", *head)),
        tag("tbody", *body),
        foot,
        class_="ranked" if _is_drawn(panel) else None,
    )
    return tag("div", content, class_="scroll", role="region", tabindex=0, aria_label=f"Table: {panel.title}")


def _shown(panel: Panel) -> list[_Shown]:
    """The columns; beside a picture, further names and unpriced requests stand under the name instead."""
    found = []
    sources = [place for place, column in enumerate(panel.columns) if column.name != UNIT]
    if panel.kind == "histogram":
        del sources[1]
    for place, source in enumerate(sources):
        column = panel.columns[source]
        aside = column.role == "key" or column.name == "unpriced_requests"
        if not place or not (aside and _is_drawn(panel)):
            found.append(_Shown(column=column, place=place, source=source))
    return found


def _is_drawn(panel: Panel) -> bool:
    return panel.kind in {"bars", "gauge"} or (panel.kind == "table" and bool(panel.beside))


def _picture(panel: Panel, row: Row, share: float | None, *, rest: bool) -> Markup | None:
    if panel.kind in {"bars", "gauge"}:
        style = _status(panel, row) or ("rest" if rest else "")
        return charts.bar(share, target=panel.target, track=panel.kind == "gauge", style=style)
    return charts.spread(ranges_of(panel, row)) if _is_drawn(panel) else None


def _asides(panel: Panel, row: Row, currency: str) -> list[Markup]:
    """What stands under the name of a row because it has no column."""
    if not _is_drawn(panel):
        return []
    found = [
        tag("span", cell_text(panel, row, place, currency), class_="aside rest")
        for place, column in enumerate(panel.columns)
        if place and column.role == "key"
    ]
    unpriced = _of(panel, row, "unpriced_requests")
    if isinstance(unpriced, int) and unpriced:
        found.append(tag("span", f"{unpriced:,} unpriced", class_="aside loud"))
    return found


def _cell(panel: Panel, row: Row, one: _Shown, text: str) -> Markup:
    status = _status(panel, row) if one.column.name == "status" else None
    names = " ".join(name for name in ("t" if _is_text(one.column) else "", status or "") if name)
    return tag("td", text, class_=names or None, data_v=_raw(row.cells[one.source], one.column))


def _raw(value: Cell, column: Column) -> str | None:
    """What a column of numbers is sorted by; nothing where the value is not known."""
    if _is_text(column):
        return None
    found = machine(value, column.kind)
    return "" if found is None else str(found)


def _is_text(column: Column) -> bool:
    return column.kind in {"text", "date"}


def _status(panel: Panel, row: Row) -> str | None:
    return _STYLES.get(str(_of(panel, row, "status")))


def _of(panel: Panel, row: Row, name: str) -> Cell:
    names = [column.name for column in panel.columns]
    return row.cells[names.index(name)] if name in names else None
