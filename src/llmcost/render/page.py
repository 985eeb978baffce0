"""A page for people: headings, facts with a label, grids and sentences, as text or as Markdown."""

import re
import textwrap
from dataclasses import dataclass
from itertools import groupby

from llmcost.domain.printable import printable
from llmcost.render.cells import Grid
from llmcost.render.drawing import drawn
from llmcost.render.markdown import escape, grid_table
from llmcost.render.surface import Surface

_LABEL = 10
"""Cells a label takes, its gap included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What the parts below it are about."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing worth knowing, under a short label."""

    label: str
    text: str
    command: str | None = None
    """What to run to see it; it is never broken or cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A grid, and the columns a narrow terminal goes without, the last first."""

    cells: Grid
    expendable: tuple[str, ...] = ()


Part = Heading | Fact | Table
Page = tuple[Part, ...]


def as_text(page: Page, surface: Surface) -> str:
    """The page on a surface: words are wrapped, numbers never are."""
    blocks = []
    for kind, parts in groupby(page, type):
        if kind is Fact:
            blocks.append("\n".join(_fact(one, surface.width) for one in parts if isinstance(one, Fact)))
        else:
            blocks += [_block(one, surface) for one in parts]
    return "\n\n".join(blocks) + "\n"


def as_markdown(page: Page) -> str:
    """The page as Markdown: facts are a list."""
    blocks = []
    for kind, parts in groupby(page, type):
        if kind is Fact:
            blocks.append(
                "\n".join(
                    f"{_bullet(one)}{escape(printable(one.text))}{_code(one)}" for one in parts if isinstance(one, Fact)
                )
            )
            continue
        blocks += [
            f"### {escape(printable(one.text))}" if isinstance(one, Heading) else grid_table(one.cells)
            for one in parts
            if not isinstance(one, Fact)
        ]
    return "\n\n".join(blocks) + "\n"


def _block(part: Part, surface: Surface) -> str:
    if isinstance(part, Table):
        return drawn(part.cells, surface, part.expendable)
    text = printable(part.text)
    return text if surface.width is None else "\n".join(_lines(text, surface.width))


def _fact(fact: Fact, columns: int | None) -> str:
    text = printable(fact.text)
    lines = [text] if columns is None else _lines(text, max(columns - _LABEL, 20))
    if fact.command is not None:
        lines.append(printable(fact.command))
    labels = [fact.label, *[""] * (len(lines) - 1)]
    return "\n".join(f"{label:<{_LABEL}}{line}".rstrip() for label, line in zip(labels, lines, strict=True))


def _bullet(fact: Fact) -> str:
    """A fact without a label belongs to the one before."""
    return f"- {escape(fact.label)}: " if fact.label else "  - "


def _code(fact: Fact) -> str:
    if fact.command is None:
        return ""
    text = printable(fact.command)
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f" {fence} {text} {fence}" if "`" in text else f" {fence}{text}{fence}"


def _lines(text: str, columns: int) -> list[str]:
    """Broken between words only: an id or a path that is cut cannot be copied."""
    return textwrap.wrap(text, columns, break_long_words=False, break_on_hyphens=False) or [""]
