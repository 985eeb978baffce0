"""Limits in words, and small tables of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost.domain.printable import printable
from llmcost.render.numbers import money
from llmcost.render.visible import width

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal


def limit_words(amount: Decimal | None, unit: str, window: str, per: Sequence[str]) -> str:
    """Such as `1,000 requests/day per user`."""
    if unit == "concurrency":
        number = "? requests" if amount is None else f"{amount:,.0f} request{'' if amount == 1 else 's'}"
        return printable(f"{number} at once" + (f" per {', '.join(per)}" if per else ""))
    if amount is None:
        number = f"? {unit}"
    elif unit == "cost":
        number = money(amount, "USD")
    else:
        number = f"{amount:,.0f} {unit.replace('_', ' ')}"
    return printable(f"{number}/{window}" + (f" per {', '.join(per)}" if per else ""))


def columns(rows: Sequence[tuple[str, ...]], wide: int, *, texts: int) -> str:
    """Aligned columns; the first `texts` hold text and are folded where the line would be too long, the others numbers."""
    sizes = [max(width(row[index]) for row in rows) for index in range(len(rows[0]))]
    numbers = sum(sizes[texts:]) + 2 * (len(sizes) - 1)
    room = max(wide - numbers, 12 * texts)
    while sum(sizes[:texts]) > room:
        longest = max(range(texts), key=lambda index: sizes[index])
        sizes[longest] -= 1
    lines = []
    for row in rows:
        folded = [_folded(cell, size) for cell, size in zip(row[:texts], sizes, strict=False)]
        for number in range(max(map(len, folded))):
            cells = [cell[number] if number < len(cell) else "" for cell in folded]
            left = [text + " " * (size - width(text)) for text, size in zip(cells, sizes, strict=False)]
            right = [" " * (size - width(text)) + text for text, size in zip(row[texts:], sizes[texts:], strict=True)]
            lines.append("  ".join([*left, *(right if number == 0 else [])]).rstrip())
    return "\n".join(lines)


def wrapped(line: str, wide: int, indent: str = "  ") -> list[str]:
    """A line folded to a width, further lines indented."""
    import textwrap

    return textwrap.wrap(line, wide, subsequent_indent=indent, break_on_hyphens=False) or [""]


def _folded(text: str, size: int) -> list[str]:
    import textwrap

    return textwrap.wrap(text, size, break_on_hyphens=True) or [""]
