"""Reports as tables for people."""

from llmcost.domain.printable import printable
from llmcost.render.cells import grid
from llmcost.render.drawing import drawn, wrapped
from llmcost.render.footer import footer
from llmcost.render.surface import Surface
from llmcost.reports.record import Overview, Report

_ESSENTIAL = ("cost", "unpriced_requests")
"""What even the narrowest terminal shows."""


def table(document: Report | Overview, surface: Surface) -> str:
    """The tables of a document, and below them what they are made of."""
    if isinstance(document, Report):
        return "\n".join([_drawn(document, surface), *_footer(document, surface)]) + "\n"
    parts = [_drawn(document.total, surface)]
    parts += [f"{printable(section.title)}\n{_drawn(section, surface)}" for section in document.sections]
    return "\n".join(["\n\n".join(parts), *_footer(document.total, surface)]) + "\n"


def _drawn(report: Report, surface: Surface) -> str:
    expendable = [name for name in report.shown[len(report.by) :] if name not in _ESSENTIAL]
    return drawn(grid(report), surface, expendable)


def _footer(report: Report, surface: Surface) -> list[str]:
    lines = footer(report)
    if surface.width is not None:
        lines = [part for line in lines for part in wrapped(line, surface.width, "  ")]
    return ["", *lines]
