"""A simulation of plans as one HTML page that loads nothing."""

from collections.abc import Sequence
from html import escape

from llmcost.domain.printable import printable
from llmcost.render.cells import Grid, is_number
from llmcost.render.tiers_curve import curves
from llmcost.tiers.simulation import Simulation

_STYLE = """
body { font: 14px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #1f2328 }
table { border-collapse: collapse; margin: 0 0 1.5rem } th, td { padding: .2rem .8rem .2rem 0; text-align: left; vertical-align: top }
th { border-bottom: 1px solid #d0d7de } .n { text-align: right; font-variant-numeric: tabular-nums } h2 { font-size: 1rem }
"""


def page(result: Simulation, sections: Sequence[tuple[str, Grid]], facts: Sequence[str]) -> str:
    """The tables, the picture of the plans and the sentences."""
    parts = [
        "<!doctype html>",
        '<html lang="en"><meta charset="utf-8"><title>Price plans</title>',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        f"<style>{_STYLE}</style><body><h1>Price plans</h1>",
        curves(result),
    ]
    for title, cells in sections:
        parts += [f"<h2>{_safe(title)}</h2>", "<table>", _row(cells, cells.headings, "th")]
        parts += [_row(cells, row, "td") for row in cells.rows]
        parts.append("</table>")
    parts += [f"<p>{_safe(line)}</p>" for line in facts]
    return "\n".join([*parts, "</body></html>"]) + "\n"


def _row(cells: Grid, texts: Sequence[str], tag: str) -> str:
    inside = "".join(
        f"<{tag}{' class=n' if is_number(column) else ''}>{_safe(text)}</{tag}>"
        for column, text in zip(cells.columns, texts, strict=True)
    )
    return f"<tr>{inside}</tr>"


def _safe(text: str) -> str:
    return escape(printable(text))
