"""A page as one HTML document to print, file or send: it loads nothing and runs nothing."""

from collections.abc import Sequence
from html import escape
from itertools import groupby

from llmcost.domain.printable import printable
from llmcost.render.cells import Grid, is_number
from llmcost.render.page import Fact, Heading, Page, Table

_STYLE = """
:root { color-scheme: light dark; --ink: #1f2328; --soft: #57606a; --rule: #d0d7de; --paper: #fff; --shade: #f6f8fa }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --soft: #9aa4af; --rule: #3d444d; --paper: #0d1117; --shade: #161b22 }
}
* { box-sizing: border-box }
body { font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; margin: 0 auto; max-width: 56rem;
  padding: 2.5rem 1.5rem 3rem; color: var(--ink); background: var(--paper) }
header { border-bottom: 2px solid var(--ink); margin-bottom: 1.5rem; padding-bottom: .75rem }
header p { margin: 0; color: var(--soft); font-size: .9rem }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0; overflow-wrap: anywhere }
h2 { font-size: 1.05rem; margin: 2rem 0 .6rem; break-after: avoid }
.scroll { overflow-x: auto }
table { border-collapse: collapse; width: 100%; margin: 0 0 1rem }
th, td { padding: .35rem .75rem .35rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--rule);
  overflow-wrap: break-word }
th:last-child, td:last-child { padding-right: 0 }
thead th { color: var(--soft); font-size: .8rem; font-weight: 600; border-bottom-color: var(--soft) }
tbody th { font-weight: 400 }
tfoot th, tfoot td { border-bottom: 0; border-top: 2px solid var(--ink); font-weight: 700 }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; overflow-wrap: normal }
tr { break-inside: avoid }
dl { display: grid; grid-template-columns: minmax(6rem, max-content) 1fr; gap: .3rem 1.25rem; margin: 0 0 1rem }
dt { grid-column: 1; color: var(--soft) } dd { grid-column: 2; margin: 0; min-width: 0; overflow-wrap: anywhere }
code { display: block; font: .82rem/1.5 ui-monospace, "SF Mono", Consolas, monospace; background: var(--shade);
  padding: .15rem .5rem; border-radius: 4px; white-space: pre-wrap; overflow-wrap: anywhere }
@media (max-width: 40rem) { body { padding: 1.25rem 1rem 2rem } dl { grid-template-columns: 1fr; gap: 0 } dd { grid-column: 1; margin-bottom: .5rem }
  .sum { position: sticky; right: 0; background: var(--paper); padding-left: .75rem } }
@media print {
  :root { --ink: #000; --soft: #444; --rule: #bbb; --paper: #fff; --shade: #f4f4f4 }
  body { max-width: none; padding: 0; font-size: 10.5pt } @page { margin: 18mm }
}
"""


def sheet(title: str, above: str | None, page: Page) -> str:
    """The page under its title, with a line above it such as who sends it."""
    head = "" if above is None else f"<p>{safe(above)}</p>"
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        '<meta name="referrer" content="no-referrer">',
        f"<title>{safe(title)}</title><style>{_STYLE}</style></head>",
        f"<body><header>{head}<h1>{safe(title)}</h1></header><main>",
    ]
    for kind, group in groupby(page, type):
        if kind is Fact:
            parts += ["<dl>", *(_fact(one) for one in group if isinstance(one, Fact)), "</dl>"]
            continue
        for one in group:
            if isinstance(one, Heading):
                parts.append(f"<h2>{safe(one.text)}</h2>")
            elif isinstance(one, Table):
                parts.append(_table(one.cells))
    return "\n".join([*parts, "</main></body></html>"]) + "\n"


def safe(text: str) -> str:
    """Text that is shown as it is."""
    return escape(printable(text))


def _fact(fact: Fact) -> str:
    command = "" if fact.command is None else f"<code>{safe(fact.command)}</code>"
    term = f"<dt>{safe(fact.label)}</dt>" if fact.label else ""
    return f"{term}<dd>{safe(fact.text)}{command}</dd>"


def _table(cells: Grid) -> str:
    name = safe(", ".join(cells.headings))
    # What scrolls must be reachable by keyboard.
    lines = [
        f'<div class="scroll" tabindex="0" role="region" aria-label="{name}"><table>',
        f"<thead>{_row(cells, cells.headings, 'col')}</thead>",
        "<tbody>",
    ]
    lines += [_row(cells, row, "row") for row in cells.rows]
    lines.append("</tbody>")
    if cells.totals:
        lines.append(f"<tfoot>{_row(cells, cells.totals, 'row')}</tfoot>")
    return "\n".join([*lines, "</table></div>"])


def _row(cells: Grid, texts: Sequence[str], scope: str) -> str:
    """A row of headings, or one whose first cell is its heading."""
    found = []
    # On a phone what it comes to stays in sight: the last amount.
    amounts = [place for place, column in enumerate(cells.columns) if column.kind == "money"]
    kept = amounts[-1] if amounts else len(cells.columns) - 1
    for place, (column, text) in enumerate(zip(cells.columns, texts, strict=True)):
        classes = [*(["n"] if is_number(column) else []), *(["sum"] if place == kept else [])]
        styled = f' class="{" ".join(classes)}"' if classes else ""
        heads = scope == "col" or (place == 0 and bool(text))
        tag, scoped = ("th", f' scope="{scope}"') if heads else ("td", "")
        found.append(f"<{tag}{scoped}{styled}>{safe(text)}</{tag}>")
    return f"<tr>{''.join(found)}</tr>"
