"""Reports as Markdown tables, for pull requests and documents."""

import re

from llmcost.render.cells import Grid, grid, is_right
from llmcost.render.facts import fact_lines
from llmcost.render.footer import footer
from llmcost.reports.record import Overview, Report

_SPECIAL = re.compile(r"[\\`*_{}\[\]#|~!]")
_HTML = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# What GitHub turns into a notification or a link even where it is escaped; inside code it does not.
_LINKED = re.compile(r"@|://|www\.|#\d", re.IGNORECASE)


def markdown(document: Report | Overview) -> str:
    """The tables of a document, and below them what they are made of."""
    if isinstance(document, Report):
        head = [f"### {escape(document.title)}"] if document.name is not None else []
        facts = [f"- {escape(' '.join(line.split()))}" for line in fact_lines(document.facts, document.currency)]
        total, parts = document, [*head, grid_table(grid(document)), *(["\n".join(facts)] if facts else [])]
    else:
        total, parts = document.total, [grid_table(grid(document.total))]
        for section in document.sections:
            parts += [f"### {escape(section.title)}", grid_table(grid(section))]
    parts.append("\n".join(f"- {escape(line)}" for line in footer(total)))
    return "\n\n".join(parts) + "\n"


def escape(text: str) -> str:
    """Text that Markdown shows as it is: no markup, no HTML, no mention, no link, no second column."""
    if _LINKED.search(text):
        fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
        space = " " if text.startswith("`") or text.endswith("`") else ""
        return f"{fence}{space}{text}{space}{fence}".replace("|", "\\|")
    return _SPECIAL.sub(lambda found: f"\\{found[0]}", re.sub("[&<>]", lambda found: _HTML[found[0]], text))


def grid_table(cells: Grid) -> str:
    """A grid as a Markdown table."""
    rules = ["---:" if is_right(column) else ":---" for column in cells.columns]
    lines = [tuple(map(escape, cells.headings)), tuple(rules), *(tuple(map(escape, row)) for row in cells.rows)]
    if cells.totals:
        lines.append(tuple(f"**{escape(text)}**" if text else "" for text in cells.totals))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
