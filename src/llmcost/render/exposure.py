"""Worst months of limits, as a table and as the stable JSON `llmcost/exposure/1`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmcost.domain.printable import printable
from llmcost.domain.text import plural
from llmcost.quota.exposure import Exposure, together
from llmcost.render.json import dumped
from llmcost.render.numbers import money, plain
from llmcost.render.visible import width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmcost.render.surface import Surface

_HEADINGS = ("Rule", "Month", "Callers", "At most")


def exposure_table(found: Sequence[Exposure], surface: Surface) -> str:
    """A line for each limit, then what they come to; what does not fit is folded below."""
    import textwrap

    rows = [
        (
            printable(one.limit.label),
            "unknown" if one.month is None else money(one.month, "USD"),
            "one pool" if not one.limit.per else "each" if one.counters is None else f"each of {one.counters:,}",
            printable(one.why),
        )
        for one in found
    ]
    sizes = [max(width(row[place]) for row in (_HEADINGS, *rows)) for place in range(3)]
    lines = []
    for row in (_HEADINGS, *rows):
        head = "  ".join(
            " " * (size - width(text)) + text if place == 1 else text + " " * (size - width(text))
            for place, (text, size) in enumerate(zip(row[:3], sizes, strict=True))
        )
        room = None if surface.width is None else max(surface.width - width(head) - 2, 20)
        folded = [row[3]] if room is None else textwrap.wrap(row[3], room) or [""]
        lines += [f"{head}  {folded[0]}", *(f"{' ' * (width(head) + 2)}{rest}" for rest in folded[1:])]
    return "\n".join([*lines, "", _sum(found)]) + "\n"


def exposure_json(found: Sequence[Exposure]) -> str:
    """Every limit, and the sum of what is known."""
    total, unknown = together(found)
    document: dict[str, Any] = {
        "schema": "llmcost/exposure/1",
        "currency": "USD",
        "limits": [
            {
                "file": one.file,
                "rule_id": one.limit.id,
                "unit": one.limit.unit,
                "limit": None if one.limit.amount is None else f"{one.limit.amount:f}",
                "window": one.limit.window.name,
                "per": list(one.limit.per),
                "month": None if one.month is None else plain(one.month),
                "callers": one.counters,
                "total": None if one.total is None else plain(one.total),
                "basis": one.why,
            }
            for one in found
        ],
        "total": None if total is None else plain(total),
        "unknown": unknown,
    }
    return dumped(document) + "\n"


def _sum(found: Sequence[Exposure]) -> str:
    total, unknown = together(found)
    if total is None:
        return "No sum: nothing is known, or it is for each of many callers."
    text = f"Together at most {money(total, 'USD')} a month"
    if not unknown:
        return f"{text}."
    return f"{text}, not counting {plural(unknown, 'rule')} whose bound is not known, or is for each of many callers."
