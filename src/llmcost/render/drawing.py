"""A grid of text as lines: drawn with rich on a terminal, plain aligned text anywhere else."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from llmcost.render.cells import Grid, is_number
from llmcost.render.surface import Surface
from llmcost.render.visible import width

_GAP = 2
_FOLDED = range(14, 29)
"""Text columns are folded only above a width in this range, the more of them the sooner; numbers are never cut."""
_RULES = "    \n    \n ── \n    \n ── \n ── \n    \n    \n"
"""Lines below the headings and above the totals, nothing else."""


def drawn(cells: Grid, surface: Surface, expendable: Sequence[str] = ()) -> str:
    """The grid, without as many of the `expendable` columns (the last go first) as it takes to fit, which are then named."""
    if surface.width is None:
        return _aligned(cells)
    left = list(expendable)
    shown = cells
    hidden: list[str] = []
    while left and _least_width(shown, 1, surface.width) > surface.width:
        hidden.insert(0, left.pop())
        shown = _without(cells, hidden)
    text = _rich(shown, surface)
    if not hidden:
        return text
    lost = f"Not shown at {surface.width} columns: {', '.join(hidden)}."
    return "\n".join([text, *wrapped(lost, surface.width, "  ")])


def wrapped(line: str, columns: int, indent: str = "") -> list[str]:
    """A sentence as lines of at most so many columns, broken between words."""
    import textwrap

    return textwrap.wrap(line, columns, subsequent_indent=indent, break_on_hyphens=False)


def _without(cells: Grid, hidden: Sequence[str]) -> Grid:
    kept = [index for index, column in enumerate(cells.columns) if column.name not in hidden]
    return replace(
        cells,
        columns=tuple(cells.columns[index] for index in kept),
        headings=tuple(cells.headings[index] for index in kept),
        rows=tuple(tuple(row[index] for index in kept) for row in cells.rows),
        totals=None if cells.totals is None else tuple(cells.totals[index] for index in kept),
    )


def _lines(cells: Grid) -> list[tuple[str, ...]]:
    """The lines below the headings."""
    return [*cells.rows, *([cells.totals] if cells.totals else [])]


def _widths(cells: Grid, *, split: bool) -> list[int]:
    """How wide each column is; with `split`, headings may break between words."""
    return [
        max(
            *(width(part) for part in (heading.split() if split else [heading])),
            *(width(line[index]) for line in _lines(cells)),
            0,
        )
        for index, heading in enumerate(cells.headings)
    ]


def _least(cells: Grid, available: int) -> list[int]:
    """The width of each column below which numbers would be cut, or text folded more than is pleasant."""
    texts = sum(not is_number(column) for column in cells.columns)
    folded = min(max(available * 2 // 5 // max(texts, 1), _FOLDED.start), _FOLDED.stop - 1)
    return [
        size if is_number(column) else min(size, folded)
        for column, size in zip(cells.columns, _widths(cells, split=True), strict=True)
    ]


def _least_width(cells: Grid, gap: int, available: int) -> int:
    return sum(_least(cells, available)) + gap * (len(cells.columns) - 1)


def _aligned(cells: Grid) -> str:
    widths = _widths(cells, split=False)
    return "\n".join(
        (" " * _GAP)
        .join(
            " " * (size - width(text)) + text if is_number(column) else text + " " * (size - width(text))
            for text, size, column in zip(line, widths, cells.columns, strict=True)
        )
        .rstrip()
        for line in (cells.headings, *_lines(cells))
    )


def _rich(cells: Grid, surface: Surface) -> str:
    import io

    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    available = surface.width or 0
    gap = _GAP if _least_width(cells, _GAP, available) <= available else 1
    drawing = Table(box=box.Box(_RULES), show_edge=False, pad_edge=False, padding=(0, gap - 1, 0, 0))
    sizes = _least(cells, available)
    spare = max(available - _least_width(cells, gap, available), 0)
    for index, wanted in enumerate(_widths(cells, split=False)):
        more = min(wanted - sizes[index], spare)
        sizes[index] += more
        spare -= more
    headings = [wrapped(heading, size) for heading, size in zip(cells.headings, sizes, strict=True)]
    height = max(map(len, headings))
    for column, heading, size in zip(cells.columns, headings, sizes, strict=True):
        justify: Literal["right", "left"] = "right" if is_number(column) else "left"
        lines = "\n".join([""] * (height - len(heading)) + heading)
        drawing.add_column(Text(lines), justify=justify, overflow="fold", min_width=size, max_width=size)
    for row in cells.rows:
        drawing.add_row(*(Text(text) for text in row))
    if cells.totals:
        drawing.add_section()
        drawing.add_row(*(Text(text, style="bold") for text in cells.totals))
    target = io.StringIO()
    console = Console(
        file=target, width=max(available, 1), force_terminal=True, no_color=not surface.color, highlight=False
    )
    console.print(drawing)
    return "\n".join(line.rstrip() for line in target.getvalue().rstrip("\n").split("\n"))
