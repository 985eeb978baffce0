"""Findings as a Markdown table, for a comment on a pull request."""

from llmcost.domain.finding import Findings
from llmcost.domain.printable import printable
from llmcost.render.findings_text import summary
from llmcost.render.markdown import escape
from llmcost.render.surface import Surface


def markdown(found: Findings, surface: Surface) -> str:
    """A line that sums up, the table, and how files were read."""
    parts = [f"**{escape(summary(found))}**"]
    if found.findings:
        rows = [
            (
                f"`{printable(one.place.file)}:{one.place.line}:{one.place.column}`".replace("|", "\\|"),
                one.severity,
                f"{one.code} {one.name}",
                escape(printable(one.message)) + (f" *{escape(printable(one.help))}*" if one.help else ""),
            )
            for one in found.findings
        ]
        lines = [("Place", "Severity", "Check", "Finding"), ("---", "---", "---", "---"), *rows]
        parts.append("\n".join(f"| {' | '.join(line)} |" for line in lines))
    notes = [*found.headers, *found.notes]
    if notes:
        parts.append("\n".join(f"- {escape(printable(line))}" for line in notes))
    return "\n\n".join(parts) + "\n"
