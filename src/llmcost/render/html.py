"""Reports as one HTML file: tables that sort, the facts beside them, and what they are made of."""

from collections.abc import Iterator, Sequence

from llmcost.render.cells import Grid, grid, is_right, sheet_grid, shown_places
from llmcost.render.footer import footer, span
from llmcost.render.markup import Markup, tag
from llmcost.render.numbers import human, machine
from llmcost.render.visible import shortened
from llmcost.render.web_page import page
from llmcost.reports.record import Cell, Column, Fact, Overview, Report, Row, Sheet, Study

_LONGEST = 72
"""Of a name; both ends of a longer one are shown."""


def html(document: Report | Overview | Study) -> str:
    """The document as a page."""
    if isinstance(document, Study):
        base, title, facts = document.base, document.title, document.facts
        cards = [_sheet(sheet, base.currency) for sheet in document.sheets]
    elif isinstance(document, Overview):
        base, title, facts = document.total, "Cost", ()
        cards = [_report(one) for one in (document.total, *document.sections)]
    else:
        base, title, facts = document, document.title, document.facts
        cards = [_report(document, alone=True)]
    period = span(base.period, base.zone)
    return page(
        title=f"{title}, {period}",
        heading=title,
        below=f"{period} · {base.currency}",
        main=[*_figures(facts, base.currency), *cards],
        foot=[*document.notes, *footer(base)],
    )


def _figures(facts: Sequence[Fact], currency: str) -> Iterator[Markup]:
    if not facts:
        return
    tiles = [tag("div", tag("dt", fact.title), tag("dd", human(fact.value, fact.kind, currency))) for fact in facts]
    style = "figures" if len(tiles) not in {4, 5} else f"figures by-{len(tiles)}"
    yield tag("section", tag("h2", "At a glance", class_="hidden"), tag("dl", *tiles, class_=style))


def _report(report: Report, *, alone: bool = False) -> Markup:
    names = [column.name for column in report.columns]
    places = [names.index(name) for name in report.shown]
    return _card(report.title, grid(report), report.rows, places, alone=alone)


def _sheet(sheet: Sheet, currency: str) -> Markup:
    if not sheet.rows:
        return tag("section", tag("h2", sheet.title), tag("p", sheet.empty, class_="none"), class_="card")
    rows = [Row(cells=cells) for cells in sheet.rows]
    return _card(sheet.title, sheet_grid(sheet, currency), rows, shown_places(sheet))


def _card(title: str, cells: Grid, rows: Sequence[Row], places: Sequence[int], *, alone: bool = False) -> Markup:
    """A table under its heading, which one that is alone on the page has above it already."""
    body = [
        tag(
            "tr",
            *(
                _cell(column, text, row.cells[place], first=number == 0, rest=row.other)
                for number, (column, text, place) in enumerate(zip(cells.columns, texts, places, strict=True))
            ),
            data_rest=True if row.other else None,
        )
        for row, texts in zip(rows, cells.rows, strict=True)
    ]
    head = [
        tag("th", heading, scope="col", class_=None if is_right(column) else "t")
        for heading, column in zip(cells.headings, cells.columns, strict=True)
    ]
    foot = None
    if cells.totals is not None:
        sums = [
            tag("td", text, class_=None if is_right(column) else "t")
            for text, column in zip(cells.totals[1:], cells.columns[1:], strict=True)
        ]
        foot = tag("tfoot", tag("tr", tag("th", cells.totals[0], scope="row", class_="t"), *sums))
    table = tag(
        "table",
        tag("caption", title, class_="hidden"),
        tag("thead", tag("tr", *head)),
        tag("tbody", *body),
        foot,
    )
    region = tag("div", table, class_="scroll", role="region", tabindex=0, aria_label=f"Table: {title}")
    return tag("section", tag("h2", title, class_="hidden" if alone else None), region, class_="card")


def _cell(column: Column, text: str, value: Cell, *, first: bool, rest: bool) -> Markup:
    """A cell; a column of numbers is sorted by what its cells are and not by how they are written."""
    names = ["t"] if not is_right(column) else []
    if rest or (value is None and column.role == "key"):
        names.append("rest")
    number = is_right(column) and not isinstance(value, str)
    raw = machine(value, column.kind) if number else None
    return tag(
        "th" if first else "td",
        shortened(text, _LONGEST),
        scope="row" if first else None,
        class_=" ".join(names) or None,
        data_v=("" if raw is None else str(raw)) if number else None,
    )
