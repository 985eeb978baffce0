"""Reports as tables for people."""

from collections.abc import Sequence
from decimal import Decimal

from llmcost.domain.printable import printable
from llmcost.ledger.dimensions import GRAINS
from llmcost.render.cells import grid, with_drawing
from llmcost.render.drawing import drawn, wrapped
from llmcost.render.facts import fact_lines
from llmcost.render.footer import footer
from llmcost.render.marks import bar, line
from llmcost.render.surface import Surface
from llmcost.reports.record import Overview, Report

_WIDE, _NARROW, _BROAD = 110, 10, 24
_ESSENTIAL = ("cost", "unpriced_requests")
"""What even the narrowest terminal shows."""


def table(document: Report | Overview, surface: Surface) -> str:
    """The tables of a document, and below them what they are made of."""
    if isinstance(document, Report):
        head = [printable(document.title)] if document.name is not None else []
        facts = ["", *fact_lines(document.facts, document.currency)] if document.facts else []
        return "\n".join([*head, _drawn(document, surface), *facts, *below(document, surface)]) + "\n"
    parts = [_drawn(document.total, surface)]
    parts += [f"{printable(section.title)}\n{_drawn(section, surface)}" for section in document.sections]
    return "\n".join(["\n\n".join(parts), *below(document.total, surface)]) + "\n"


def _drawn(report: Report, surface: Surface) -> str:
    cells = grid(report)
    roles = {column.name: column.role for column in report.columns}
    expendable = [name for name in report.shown[len(report.by) :] if name not in _ESSENTIAL]
    # A comparison was asked for, and is the last to go.
    expendable.sort(key=lambda name: roles[name] != "change")
    wanted = surface.width is not None if surface.drawings is None else surface.drawings
    if wanted and (
        extra := _drawing(report, _NARROW if surface.width is not None and surface.width < _WIDE else _BROAD)
    ):
        cells = with_drawing(cells, *extra)
        expendable.append(cells.columns[-1].name)
    return drawn(cells, surface, expendable)


def _drawing(report: Report, width: int) -> tuple[str, list[str]] | None:
    """A line of blocks for each row that has a trend; a bar where the rows are spans of time; else nothing."""
    if any(row.trend for row in report.rows):
        return "Trend", [line(_squeezed(row.trend, width)) for row in report.rows]
    if len(report.by) != 1 or report.by[0] not in GRAINS or len(report.rows) < 2:
        return None
    place = [column.name for column in report.columns].index("cost")
    costs = [float(cell) if isinstance(cell := row.cells[place], Decimal) else 0.0 for row in report.rows]
    largest = max(costs)
    return "", [bar(cost / largest if largest else None, width) for cost in costs]


def _squeezed(amounts: Sequence[Decimal], width: int) -> list[float]:
    """The amounts, as many neighbours added up as it takes to leave `width` of them."""
    step = -(-len(amounts) // width)
    return [float(sum(amounts[place : place + step])) for place in range(0, len(amounts), step)]


def below(report: Report, surface: Surface) -> list[str]:
    """What stands below the tables of a report."""
    lines = footer(report)
    if surface.width is not None:
        lines = [part for line in lines for part in wrapped(line, surface.width, "  ")]
    return ["", *lines]
