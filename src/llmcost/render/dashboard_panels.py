"""The panels of a dashboard as HTML: a picture where one helps, and always the numbers as a table."""

from collections.abc import Sequence
from decimal import Decimal

from llmcost.domain.text import plural
from llmcost.ledger.registry import Kind
from llmcost.render import charts
from llmcost.render.cells import Grid
from llmcost.render.dashboard_cells import cell_text, panel_grid
from llmcost.render.dashboard_series import series_of
from llmcost.render.dashboard_shares import change_of, ranges_of, shares_of
from llmcost.render.markup import Markup, joined, tag
from llmcost.render.numbers import human, machine
from llmcost.reports.dashboard import Panel
from llmcost.reports.record import Cell, Column, Report, Row

_NARROW = 5
"""Columns that fit half of the page."""
_LONG = 9
"""Characters a large figure has room for."""


def figures(panel: Panel, currency: str) -> Markup:
    """The main numbers side by side."""
    tiles = []
    row = panel.rows[0]
    for column, value in zip(panel.columns, row.cells, strict=True):
        if column.role == "change":
            continue
        change = change_of(panel, column)
        text = human(value, column.kind, currency)
        tiles.append(
            tag(
                "div",
                tag("dt", column.title),
                tag("dd", text, class_="long" if len(text) > _LONG else None),
                None if change is None else tag("dd", f"{change} on the period before", class_="change"),
            )
        )
    across = {4: 4, 5: 5, 8: 4}.get(len(tiles))
    style = "figures" if across is None else f"figures by-{across}"
    return tag(
        "section", tag("h2", panel.title, class_="hidden"), tag("dl", *tiles, class_=style), aria_label=panel.title
    )


def is_wide(panel: Panel) -> bool:
    """Whether it takes the width of the page."""
    return panel.kind == "table" and len(panel.columns) > _NARROW


def coverage_strip(panel: Panel, total: Report) -> Markup:
    """How much of the cost is attributed and priced, in one line of meters and one of words."""
    owners = []
    for row, share in zip(panel.rows, shares_of(panel), strict=True):
        name = cell_text(panel, row, 0, total.currency)
        share_text = cell_text(panel, row, 1, total.currency)
        owners.append(
            tag("li", tag("div", tag("span", name), tag("b", share_text), class_="row"), charts.bar(share, track=True))
        )
    coverage = total.coverage
    unpriced = coverage.unpriced_requests
    facts = [
        (
            bool(unpriced),
            f"{unpriced:,} of {plural(coverage.requests, 'request')} without a known price, in no sum of cost",
        )
        if unpriced
        else (False, f"all {plural(coverage.requests, 'request')} priced"),
        (False, f"{plural(coverage.estimated_requests, 'request')} with an estimated cost")
        if coverage.estimated_requests
        else None,
        (False, f"{plural(coverage.rejected, 'log line')} could not be read") if coverage.rejected else None,
    ]
    words = [
        tag("span", text, class_="loud" if loud else None)
        for fact in facts
        if fact is not None
        for loud, text in [fact]
    ]
    line: list[Markup] = []
    for word in words:
        line += [Markup(" · "), word] if line else [word]
    heading = f"panel-{panel.id}"
    return tag(
        "section",
        tag("h2", "Attributed cost", id=heading),
        tag("p", panel.empty, class_="none") if panel.empty else tag("ul", *owners, class_="owners"),
        tag("p", *line, class_="facts"),
        class_="card strip",
        aria_labelledby=heading,
    )


def card(panel: Panel, currency: str) -> Markup:
    """One panel with its heading."""
    heading = f"panel-{panel.id}"
    return tag(
        "section",
        tag("h2", panel.title, id=heading),
        tag("p", panel.about, class_="about") if panel.about and not panel.empty else None,
        *([tag("p", _sentence(panel.empty), class_="none")] if panel.empty else _body(panel, currency, heading)),
        *(tag("p", note, class_="about") for note in panel.notes),
        class_="card",
        aria_labelledby=heading,
    )


def _body(panel: Panel, currency: str, heading: str) -> list[Markup]:
    cells = panel_grid(panel, currency)
    match panel.kind:
        case "trend":
            return [*_trend(panel, currency), _data(panel, cells, heading, open_=False)]
        case "histogram":
            return [_histogram(panel, cells), _data(panel, cells, heading, open_=False)]
        case _:
            return [_table(panel, cells, heading), _more(panel), _source(panel)]


def _trend(panel: Panel, currency: str) -> list[Markup]:
    series = series_of(panel)
    kind: Kind = series[0].column.kind

    def write(value: Decimal | float | None) -> str:
        return _short(value, kind, currency)

    names = [(day, f"day {day}") for day in (1, 8, 15, 22, 29)] if panel.cumulative else None
    first, last = series[0].points[0], series[0].points[-1]
    told = (
        f"{series[0].name}: from {write(first.value)} ({first.label}) to {write(last.value)} ({last.label})."
        f" {len(series)} {'lines' if len(series) > 1 else 'line'}; the table below has every value."
    )
    picture = charts.trend(
        f"chart-{panel.id}", panel.title, told, series, write, most=None, target=panel.target, names=names
    )
    legend = [
        tag(
            "li",
            tag(
                "svg",
                tag("line", class_=f"line s{number}", x1=1, x2=21, y1=5, y2=5),
                width=22,
                height=10,
                aria_hidden="true",
                focusable="false",
            ),
            tag("span", one.name),
            tag("b", human(one.points[-1].text, kind, currency)),
        )
        for number, one in enumerate(series)
    ]
    return [tag("figure", picture), tag("ul", *legend, class_="legend")]


def _histogram(panel: Panel, cells: Grid) -> Markup:
    index = [column.name for column in panel.columns].index(panel.measure)
    bars = []
    for row, texts in zip(panel.rows, cells.rows, strict=True):
        value = row.cells[index]
        number = 0.0 if value is None or isinstance(value, str) else float(value)
        start = texts[0].partition(" ")[0].removesuffix(".00")
        bars.append((start, f"{texts[0]}: {texts[1]}", number))
    told = f"{len(bars)} columns from {cells.rows[0][0]} to {cells.rows[-1][0]}; the table below has every value."
    return tag("figure", charts.columns(f"chart-{panel.id}", panel.title, told, bars, lambda value: f"{value:,.0f}"))


def _data(panel: Panel, cells: Grid, heading: str, *, open_: bool) -> Markup:
    """The numbers behind a picture."""
    return tag("details", tag("summary", "Data"), _table(panel, cells, heading), _source(panel), open=open_ or None)


def _table(panel: Panel, cells: Grid, heading: str) -> Markup:
    places = _places(panel, cells)
    body = [
        _row(panel, row, texts, share, places)
        for row, texts, share in zip(panel.rows, cells.rows, _drawn_shares(panel), strict=True)
    ]
    head = [
        tag("th", cells.headings[place], scope="col", class_="t" if _is_text(cells.columns[place]) else None)
        for place in places
    ]
    foot = None
    if cells.totals is not None:
        sums = (tag("td", cells.totals[place]) for place in places[1:])
        foot = tag("tfoot", tag("tr", tag("th", cells.totals[0], scope="row", class_="t"), *sums))
    content = tag(
        "table",
        tag("caption", panel.title, class_="hidden"),
        tag("thead", tag("tr", *head)),
        tag("tbody", *body),
        foot,
        class_="ranked" if _is_drawn(panel) else None,
    )
    return tag("div", content, class_="scroll", role="region", tabindex=0, aria_labelledby=heading)


def _row(panel: Panel, row: Row, texts: Sequence[str], share: float | None, places: Sequence[int]) -> Markup:
    status = _status(panel, row)
    rest = row.other or (row.cells[0] is None and panel.columns[0].role == "key")
    picture = None
    if panel.kind in {"bars", "gauge"}:
        style = status or ("rest" if rest else "")
        picture = charts.bar(share, target=panel.target, track=panel.kind == "gauge", style=style)
    elif panel.kind == "table" and panel.beside:
        picture = charts.spread(ranges_of(panel, row))
    values = [cell for cell, column in zip(row.cells, panel.columns, strict=True) if column.name != "unit"]
    columns = [column for column in panel.columns if column.name != "unit"]
    if panel.kind == "histogram":
        values, columns = values[1:], columns[1:]
    cells = [
        _cell(texts[place], values[place], columns[place], status if columns[place].name == "status" else None)
        for place in places[1:]
    ]
    first = values[0] if panel.kind == "histogram" else None
    sorted_by = None if first is None else _raw(first, columns[0].kind)
    name = tag(
        "th",
        texts[0],
        picture,
        _aside(panel, row),
        scope="row",
        class_="t rest" if rest else "t",
        data_v=sorted_by,
    )
    return tag("tr", name, *cells, data_rest=True if row.other else None)


def _is_drawn(panel: Panel) -> bool:
    return panel.kind in {"bars", "gauge"} or (panel.kind == "table" and bool(panel.beside))


def _drawn_shares(panel: Panel) -> list[float | None]:
    return shares_of(panel) if panel.kind in {"bars", "gauge"} else [None] * len(panel.rows)


def _places(panel: Panel, cells: Grid) -> list[int]:
    """The columns of a table; beside bars, unpriced requests stand under the name."""
    return [
        place
        for place, column in enumerate(cells.columns)
        if not (_is_drawn(panel) and column.name == "unpriced_requests")
    ]


def _aside(panel: Panel, row: Row) -> Markup | None:
    """That some requests of a row have no known cost, where that has no column."""
    names = [column.name for column in panel.columns]
    if not _is_drawn(panel) or "unpriced_requests" not in names:
        return None
    unpriced = row.cells[names.index("unpriced_requests")]
    return (
        tag("span", f"{unpriced:,} unpriced", class_="aside loud") if isinstance(unpriced, int) and unpriced else None
    )


def _cell(text: str, value: Cell, column: Column, status: str | None) -> Markup:
    names = " ".join(name for name in ("t" if _is_text(column) else "", status or "") if name)
    raw = None if _is_text(column) else _raw(value, column.kind)
    return tag("td", text, class_=names or None, data_v=raw)


def _raw(value: Cell, kind: Kind) -> str:
    """What a column is sorted by."""
    found = machine(value, kind)
    return "" if found is None else str(found)


def _is_text(column: Column) -> bool:
    return column.kind in {"text", "date"}


def _status(panel: Panel, row: Row) -> str | None:
    names = [column.name for column in panel.columns]
    if "status" not in names:
        return None
    status = str(row.cells[names.index("status")])
    return status if status in {"breached", "warning"} else None


def _more(panel: Panel) -> Markup:
    if len(panel.rows) >= panel.row_count:
        return Markup("")
    return tag("p", f"{len(panel.rows):,} of {panel.row_count:,} shown.", class_="about")


def _source(panel: Panel) -> Markup:
    if not panel.command:
        return Markup("")
    return joined(
        tag("p", "The same numbers: ", tag("code", panel.command), class_="source")
        if panel.kind in {"trend", "histogram"}
        else tag("details", tag("summary", "Source"), tag("p", tag("code", panel.command), class_="source"))
    )


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _short(value: Decimal | float | None, kind: Kind, currency: str) -> str:
    """A value on an axis: no decimals that say nothing."""
    text = human(value, kind, currency)
    return text.removesuffix(".00").replace(".0%", "%") if kind in {"money", "percent"} else text.removesuffix(".0")
