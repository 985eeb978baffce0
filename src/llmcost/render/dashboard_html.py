"""A dashboard as one HTML file that loads nothing: what it may run and how it may look is fixed by hash in its own policy."""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from hashlib import sha256
from importlib import resources
from itertools import groupby

from llmcost.render.dashboard_panels import card, coverage_strip, figures, is_wide
from llmcost.render.footer import footer, span
from llmcost.render.markup import Markup, tag
from llmcost.reports.dashboard import Dashboard, Panel


def html(board: Dashboard) -> str:
    """The page."""
    style, script = (_asset(name) for name in ("dashboard.css", "dashboard.js"))
    total = board.total
    period = span(total.period, total.zone)
    main = [_part(board, panel) for panel in board.panels if _is_first(panel)]
    if not board.panels:
        main = [tag("p", "No requests in this period.", class_="none")]
    page = tag(
        "html",
        tag(
            "head",
            tag("meta", charset="utf-8"),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("meta", http_equiv="Content-Security-Policy", content=_policy(style, script)),
            tag("meta", name="color-scheme", content="light dark"),
            tag("title", f"{board.title}, {period}"),
            tag("style", style),
        ),
        tag(
            "body",
            tag(
                "div",
                tag("header", tag("h1", board.title), tag("p", f"{period} · {total.currency}", class_="span")),
                tag(
                    "main", *main, *_arranged([panel for panel in board.panels if not _is_first(panel)], total.currency)
                ),
                tag("footer", *(tag("p", line) for line in footer(total))),
                class_="page",
            ),
            tag("script", script),
        ),
        lang="en",
    )
    return f"<!doctype html>\n{page}\n"


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


def _asset(name: str) -> Markup:
    return Markup(resources.files("llmcost.render").joinpath(name).read_text("utf-8"))


def _policy(style: str, script: str) -> str:
    """Nothing may be loaded; one style sheet and one script may be used, both in the page."""
    rules = [
        "default-src 'none'",
        f"style-src '{_hash(style)}'",
        f"script-src '{_hash(script)}'",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    return "; ".join(rules)


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
