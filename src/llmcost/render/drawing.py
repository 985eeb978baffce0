"""A grid of text as lines: drawn with rich on a terminal, plain aligned text anywhere else."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from llmcost.render.cells import Grid, is_number, is_right
from llmcost.render.surface import Surface
from llmcost.render.visible import folded, width

_GAP = 2
_FOLDED = 14
"""Names are never folded below this width. Numbers are never cut, whatever the width."""
_RULES = "    \n    \n ── \n    \n ── \n ── \n    \n    \n"
"""Lines below the headings and above the totals, nothing else."""


def drawn(cells: Grid, surface: Surface, expendable: Sequence[str] = ()) -> str:
    """The grid, without as many of the `expendable` columns (the last go first) as it takes to fit, which are then named.

    Several grids may share a list: names that this one has no column of count for nothing.
    """
    if surface.width is None:
        return _aligned(cells)
    titles = dict(zip((column.name for column in cells.columns), cells.headings, strict=True))
    left = [name for name in expendable if name in titles]
    shown = cells
    hidden: list[str] = []
    while left and _least_width(shown, 1, surface.width) > surface.width:
        hidden.insert(0, left.pop())
        shown = _without(cells, hidden)
    text = _rich(shown, surface)
    drawings = {column.name for column in cells.columns if column.role == "drawing"}
    lost_names = [titles[name] or name for name in hidden if name not in drawings]
    if not lost_names:
        return text
    lost = f"Not shown at {surface.width} columns: {', '.join(lost_names)}."
    return "\n".join([text, *wrapped(lost, surface.width, "  ")])


def fits(cells: Grid, surface: Surface) -> bool:
    """Whether all columns of the grid are shown on the surface."""
    return surface.width is None or _least_width(cells, 1, surface.width) <= surface.width


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


def _least(cells: Grid, available: int, *, narrow: bool = False) -> list[int]:
    """The width of each column below which numbers would be cut, or names folded more than is pleasant.

    Names may take half of the width, which those that need less leave to the others; when it is `narrow`, a quarter.
    """
    widths = _widths(cells, split=True)
    texts = sorted(
        (index for index, one in enumerate(cells.columns) if not is_number(one)), key=lambda index: widths[index]
    )
    left = max(available // (4 if narrow else 2), _FOLDED * len(texts))
    for number, index in enumerate(texts):
        widths[index] = min(widths[index], left // (len(texts) - number))
        left -= widths[index]
    return widths


def _least_width(cells: Grid, gap: int, available: int, *, narrow: bool = False) -> int:
    return sum(_least(cells, available, narrow=narrow)) + gap * (len(cells.columns) - 1)


def _aligned(cells: Grid) -> str:
    widths = _widths(cells, split=False)
    return "\n".join(
        (" " * _GAP)
        .join(
            " " * (size - width(text)) + text if is_right(column) else text + " " * (size - width(text))
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
    # Where even without the expendable columns there is no room, names give way.
    narrow = _least_width(cells, 1, available) > available
    gap = _GAP if _least_width(cells, _GAP, available, narrow=narrow) <= available else 1
    drawing = Table(box=box.Box(_RULES), show_edge=False, pad_edge=False, padding=(0, gap - 1, 0, 0))
    sizes = _least(cells, available, narrow=narrow)
    spare = max(available - _least_width(cells, gap, available, narrow=narrow), 0)
    for index, wanted in enumerate(_widths(cells, split=False)):
        if is_number(cells.columns[index]):
            continue
        more = min(wanted - sizes[index], spare)
        sizes[index] += more
        spare -= more
    _lower_headings(cells, sizes, spare)
    headings = [wrapped(heading, max(size, 1)) for heading, size in zip(cells.headings, sizes, strict=True)]
    height = max(map(len, headings))
    for column, heading, size in zip(cells.columns, headings, sizes, strict=True):
        justify: Literal["right", "left"] = "right" if is_right(column) else "left"
        lines = "\n".join([""] * (height - len(heading)) + heading)
        drawing.add_column(Text(lines), justify=justify, overflow="fold", min_width=size, max_width=size)
    for row in cells.rows:
        drawing.add_row(*(Text(text) for text in _fitted(row, cells, sizes)))
    if cells.totals:
        drawing.add_section()
        drawing.add_row(*(Text(text, style="bold") for text in _fitted(cells.totals, cells, sizes)))
    target = io.StringIO()
    console = Console(
        file=target,
        # A line longer than the terminal is bad, a number without its end worse.
        width=max(available, sum(sizes) + gap * (len(sizes) - 1)),
        force_terminal=True,
        no_color=not surface.color,
        highlight=False,
    )
    console.print(drawing)
    return "\n".join(line.rstrip() for line in target.getvalue().rstrip("\n").split("\n"))


def _lower_headings(cells: Grid, sizes: list[int], spare: int) -> None:
    """Widen columns of numbers by what is spare in all, always the one whose heading takes most lines."""
    while True:
        heights = {
            index: len(wrapped(cells.headings[index], max(sizes[index], 1)))
            for index, column in enumerate(cells.columns)
            if is_number(column)
        }
        tallest = max(heights, key=lambda index: heights[index], default=None)
        if tallest is None or heights[tallest] < 2:
            return
        heading = cells.headings[tallest]
        wanted = (
            next(
                size
                for size in range(sizes[tallest] + 1, width(heading) + 1)
                if len(wrapped(heading, size)) < heights[tallest]
            )
            - sizes[tallest]
        )
        if wanted > spare:
            return
        sizes[tallest] += wanted
        spare -= wanted


def _fitted(row: Sequence[str], cells: Grid, sizes: Sequence[int]) -> list[str]:
    """The row with names folded to the width of their columns."""
    return [
        text if is_number(column) else "\n".join(folded(text, size))
        for text, column, size in zip(row, cells.columns, sizes, strict=True)
    ]
