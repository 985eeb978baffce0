"""Values at paths of a config, as every dialect takes them out."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.domain.grouping import ungrouped

if TYPE_CHECKING:
    from llmcost.config.nodes import Node

_MOST_DIGITS = 30


def scalar(rule: Node, *path: str) -> str | None:
    """Text at a path; None when there is none."""
    node = rule.get(*path)
    return None if node is None or node.kind != "scalar" or node.is_null else node.text


def amount_of(node: Node | None) -> Decimal | None:
    """The number a node holds, as the gateway's parser reads it; None when it holds none."""
    if node is None or node.kind != "scalar":
        return None
    value = node.value
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return _bounded(Decimal(value))
    if isinstance(value, Decimal):
        return _bounded(value)
    text = ungrouped(str(value or ""))
    return _bounded(Decimal(text)) if re.fullmatch(r"-?\d{1,40}(\.\d{1,40})?([eE]\d{1,2})?", text, re.ASCII) else None


def _bounded(value: Decimal) -> Decimal:
    """The number, unless writing it out would take more digits than any limit has."""
    if not value.is_finite() or abs(value.adjusted()) <= _MOST_DIGITS:
        return value
    return Decimal(0) if value.adjusted() < 0 else Decimal("Infinity").copy_sign(value)


def places(rule: Node, **keys: str) -> dict[str, Node]:
    """Nodes of a rule by the name our model gives them."""
    found = {name: rule.get(key) for name, key in keys.items()}
    return {name: node for name, node in found.items() if node is not None}


def items_of(node: Node | None) -> tuple[Node, ...]:
    """What a list holds; nothing where there is no list."""
    return () if node is None else node.items
