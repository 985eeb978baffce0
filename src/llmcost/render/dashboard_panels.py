"""The panels of a dashboard as HTML: a picture where one helps, and always the numbers as a table."""

from collections.abc import Iterator
from decimal import Decimal

from llmcost.domain.text import plural
from llmcost.ledger.registry import Kind
from llmcost.render import charts
from llmcost.render.cells import Grid
from llmcost.render.dashboard_cells import cell_text, figure_text, notes_of, panel_grid, sentence
from llmcost.render.dashboard_series import series_of
from llmcost.render.dashboard_shares import change_of, shares_of
from llmcost.render.dashboard_tables import table_of
from llmcost.render.markup import Markup, joined, tag
from llmcost.render.numbers import human
from llmcost.reports.dashboard import Panel
from llmcost.reports.record import Coverage, Report

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
        text = figure_text(value, column, currency)
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
        "section",
        tag("h2", panel.title, class_="hidden"),
        tag("dl", *tiles, class_=style),
        *(tag("p", note, class_="about") for note in notes_of(panel)),
        aria_label=panel.title,
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
    heading = f"panel-{panel.id}"
    return tag(
        "section",
        tag("h2", "Attributed cost", id=heading),
        tag("p", panel.empty, class_="none") if panel.empty else tag("ul", *owners, class_="owners"),
        tag("p", joined(*_facts(total.coverage), between=" · "), class_="facts"),
        class_="card strip",
        aria_labelledby=heading,
    )


def _facts(coverage: Coverage) -> Iterator[Markup]:
    """What the sums leave out, the worst first."""
    requests = plural(coverage.requests, "request")
    if coverage.unpriced_requests:
        said = f"{coverage.unpriced_requests:,} of {requests} without a known price, in no sum of cost"
        yield tag("span", said, class_="loud")
    else:
        yield tag("span", f"all {requests} priced")
    if coverage.estimated_requests:
        yield tag("span", f"{plural(coverage.estimated_requests, 'request')} with an estimated cost")
    if coverage.rejected:
        yield tag("span", f"{plural(coverage.rejected, 'log line')} could not be read")


def card(panel: Panel, currency: str) -> Markup:
    """One panel with its heading."""
    heading = f"panel-{panel.id}"
    return tag(
        "section",
        tag("h2", panel.title, id=heading),
        tag("p", panel.about, class_="about") if panel.about and not panel.empty else None,
        *([tag("p", sentence(panel.empty), class_="none")] if panel.empty else _body(panel, currency)),
        class_="card",
        aria_labelledby=heading,
    )


def _body(panel: Panel, currency: str) -> list[Markup]:
    cells = panel_grid(panel, currency)
    notes = [tag("p", note, class_="about") for note in notes_of(panel)]
    match panel.kind:
        case "trend":
            return [*_trend(panel, currency), *notes, _data(panel, cells, currency)]
        case "histogram":
            return [_histogram(panel, cells, currency), *notes, _data(panel, cells, currency)]
        case _:
            return [table_of(panel, cells, currency), _more(panel), *notes, _source(panel)]


def _trend(panel: Panel, currency: str) -> list[Markup]:
    series = series_of(panel)
    kind: Kind = series[0].column.kind

    def write(value: Decimal | float | None) -> str:
        return _short(value, kind, currency)

    longest = max(point.at for one in series for point in one.points)
    names = [(day, f"day {day}") for day in (1, 8, 15, 22, 29) if day <= longest] if panel.cumulative else None
    first, last = series[0].points[0], series[0].points[-1]
    told = (
        f"{series[0].name}: from {write(first.value)} ({first.label}) to {write(last.value)} ({last.label})."
        f" {len(series)} {'lines' if len(series) > 1 else 'line'}; the table below has every value."
    )
    picture = charts.trend(f"chart-{panel.id}", panel.title, told, series, write, target=panel.target, names=names)
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


def _histogram(panel: Panel, cells: Grid, currency: str) -> Markup:
    index = [column.name for column in panel.columns].index(panel.measure)
    bars = []
    for row, texts in zip(panel.rows, cells.rows, strict=True):
        value = row.cells[index]
        number = 0.0 if value is None or isinstance(value, str) else float(value)
        start = cell_text(panel, row, 0, currency).removesuffix(".00")
        bars.append((start, f"{texts[0]}: {texts[1]}", number))
    told = f"{len(bars)} columns from {cells.rows[0][0]} to {cells.rows[-1][0]}; the table below has every value."
    return tag("figure", charts.columns(f"chart-{panel.id}", panel.title, told, bars, lambda value: f"{value:,.0f}"))


def _data(panel: Panel, cells: Grid, currency: str) -> Markup:
    """The numbers behind a picture."""
    return tag("details", tag("summary", "Data"), table_of(panel, cells, currency), _source(panel))


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


def _short(value: Decimal | float | None, kind: Kind, currency: str) -> str:
    """A value on an axis: no decimals that say nothing."""
    text = human(value, kind, currency)
    return text.removesuffix(".00").replace(".0%", "%") if kind in {"money", "percent"} else text.removesuffix(".0")
