"""`llmcost quota exposure`, as text and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmcost.domain.printable import printable
from llmcost.domain.text import plural
from llmcost.render.json import dumped
from llmcost.render.numbers import money, plain
from llmcost.render.quota_text import columns, limit_words, wrapped

if TYPE_CHECKING:
    from decimal import Decimal

    from llmcost.quota.exposure import Exposed, Exposure


def exposure_text(found: Exposure, across: int | None) -> str:
    """A line per limit and one for all."""
    wide = across or 100
    rows = [("Rule", "Limit", "Counters", "Usual/month", "Worst/month"), *(_row(one) for one in found.limits)]
    rows.append(("Together", "", "", _told(found.usual), _told(found.worst)))
    meaning = (
        "What could be spent in 30 days with every counter at its limit all the time: at the average price of past use, and at"
        " the price of the dearest request in a hundred."
    )
    lines = [
        meaning,
        f"Past use cost {money(found.spent, 'USD')} in 30 days.",
    ]
    if found.unlimited:
        lines.append(
            f"{found.unlimited:,} of {plural(found.requests, 'request')} are under no limit: nothing bounds them."
        )
    lines += [f"{printable(label)} is not in it: it {reason}." for label, reason in found.left_out]
    return (
        "\n".join([columns(rows, wide, texts=2), "", *(part for line in lines for part in wrapped(line, wide))]) + "\n"
    )


def exposure_json(found: Exposure) -> str:
    """`llmcost/exposure/1`; amounts are US dollars in 30 days, null where no use has a cost."""
    shape: dict[str, Any] = {
        "schema": "llmcost/exposure/1",
        "days": 30,
        "limits": [
            {
                "rule_id": one.limit.label,
                "file": one.file,
                "counters": one.counters,
                "usual": _amount(one.usual),
                "worst": _amount(one.worst),
            }
            for one in found.limits
        ],
        "totals": {
            "usual": _amount(found.usual),
            "worst": _amount(found.worst),
            "spent": _amount(found.spent),
            "requests": found.requests,
            "unlimited_requests": found.unlimited,
        },
        "not_included": [{"rule_id": label, "reason": reason} for label, reason in found.left_out],
    }
    return f"{dumped(shape)}\n"


def _row(one: Exposed) -> tuple[str, ...]:
    limit = one.limit
    words = limit_words(limit.amount, limit.unit, limit.window.name, limit.per)
    return printable(limit.label), printable(words), f"{one.counters:,}", _told(one.usual), _told(one.worst)


def _told(amount: Decimal | None) -> str:
    return "unknown" if amount is None else money(amount, "USD")


def _amount(amount: Decimal | None) -> str | None:
    return None if amount is None else plain(round(amount, 12))
