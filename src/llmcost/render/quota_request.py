"""`llmcost quota explain-request`, as text and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmcost.domain.printable import printable
from llmcost.quota.headers import header
from llmcost.render.json import dumped
from llmcost.render.numbers import plain
from llmcost.render.quota_text import columns, limit_words, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmcost.quota.explaining import Explained, Met


def request_text(found: Sequence[Explained], across: int | None) -> str:
    """A table per config: what each limit does with the request."""
    wide = across or 100
    parts = []
    for one in found:
        rows = [("Rule", "Part", "Limit", "Counter"), *(_row(met) for met in one.limits)]
        lines = wrapped(header(one.config), wide)
        reasons = [
            line
            for met in one.limits
            if met.reason
            for line in wrapped(f"{printable(met.limit.label)}: {printable(met.reason)}.", wide)
        ]
        parts.append("\n".join([*lines, "", columns(rows, wide, texts=4), *(["", *reasons] if reasons else [])]))
    return "\n\n".join(parts) + "\n"


def request_json(found: Sequence[Explained]) -> str:
    """`llmcost/quota-request/1`."""
    shape: dict[str, Any] = {
        "schema": "llmcost/quota-request/1",
        "configs": [
            {
                "file": one.config.source.name,
                "dialect": one.config.dialect_id,
                "semantics": one.config.semantics.name,
                "limits": [_limit(met) for met in one.limits],
            }
            for one in found
        ],
    }
    return f"{dumped(shape)}\n"


def _row(met: Met) -> tuple[str, str, str, str]:
    limit = met.limit
    words = limit_words(limit.amount, limit.unit, limit.window.name, limit.per)
    return printable(limit.label), met.part, printable(words), printable(met.counter or "-")


def _limit(met: Met) -> dict[str, Any]:
    limit = met.limit
    amount = limit.amount
    return {
        "rule_id": limit.label,
        "part": met.part,
        "unit": limit.unit,
        "limit": None if amount is None else plain(amount) if limit.unit == "cost" else int(amount),
        "window": limit.window.name,
        "per": list(limit.per),
        "mode": limit.mode,
        "counter": met.counter,
        "reason": met.reason or None,
    }
