"""A dashboard as one HTML file that loads nothing."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from llmcost.render.dashboard_panels import card, coverage_strip, figures, is_wide
from llmcost.render.footer import footer, span
from llmcost.render.markup import Markup, tag
from llmcost.render.web_page import page
from llmcost.reports.dashboard import Dashboard, Panel


def html(board: Dashboard) -> str:
    """The page."""
    total = board.total
    period = span(total.period, total.zone)
    main = [_part(board, panel) for panel in board.panels if _is_first(panel)]
    if not board.panels:
        main = [tag("p", "No requests in this period.", class_="none")]
    return page(
        title=f"{board.title}, {period}",
        heading=board.title,
        below=f"{period} · {total.currency}",
        main=[*main, *_arranged([panel for panel in board.panels if not _is_first(panel)], total.currency)],
        foot=footer(total),
    )


def _is_first(panel: Panel) -> bool:
    """Whether it stands above all cards, as wide as the page."""
    return panel.kind == "figures" or panel.id == "coverage"


def _part(board: Dashboard, panel: Panel) -> Markup:
    return figures(panel, board.total.currency) if panel.kind == "figures" else coverage_strip(panel, board.total)


def _arranged(panels: Sequence[Panel], currency: str) -> Iterator[Markup]:
    """Wide cards across the page; between them, narrow ones in two stacks of about the same height."""
    for wide, group in groupby(panels, is_wide):
        if wide:
            yield from (card(panel, currency) for panel in group)
            continue
        stacks: tuple[list[Markup], list[Markup]] = ([], [])
        heights = [0, 0]
        for panel in group:
            shorter = heights.index(min(heights))
            stacks[shorter].append(card(panel, currency))
            heights[shorter] += _height(panel)
        yield tag("div", *(tag("div", *stack, class_="stack") for stack in stacks if stack), class_="pair")


def _height(panel: Panel) -> int:
    """About how tall a card is, in pixels."""
    if panel.empty:
        return 120
    return 420 if panel.kind in {"trend", "histogram"} else 150 + 48 * len(panel.rows)
