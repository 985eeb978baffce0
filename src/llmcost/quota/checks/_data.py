"""Where a rule writes a value, and values of past requests that look like it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost.domain.text import nearest

if TYPE_CHECKING:
    from collections import Counter

    from llmcost.config.nodes import Node
    from llmcost.quota.limit import Limit

_COMPARED = 5_000
"""Most frequent values a misspelt one is compared with."""
ENOUGH = 20
"""Requests below which a share says little."""


def written(limit: Limit, *texts: str) -> Node:
    """Where a rule writes one of these texts, as a key or a value; else its condition."""
    when = limit.places.get("when", limit.node)
    places = [node for node in when.walk() if node.kind == "scalar" and node.text in texts]
    return min(places, key=lambda node: node.start, default=limit.place("when", "id"))


def near(text: str, values: Counter[str]) -> str | None:
    """What was probably meant, with how often it was seen; else the most frequent values."""
    common = [value for value, _ in values.most_common(_COMPARED)]
    found = nearest(text, common)
    if found is not None:
        first = next(value for value in common if repr(value) in found)
        return f"{found.removesuffix('?')} ({values[first]:,} requests)?" if found.count("'") == 2 else found
    return f"seen most: {', '.join(common[:3])}" if common else None
