"""A share of an amount of money, and a fixed amount per event: pass-through with a margin is 120 % of cost.

Where each transaction is known, free amounts and events are used up in their order, and each that pays has its own bounds, as
Lago does: https://getlago.com/docs/guide/plans/charges/charge-models/percentage
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.tiers.charges import Piece
from llmcost.tiers.charges._quantity import charged, charged_sql
from llmcost.tiers.exact import NOTHING, exact, greatest
from llmcost.tiers.plan import ZERO

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llmcost.tiers.charges import Columns
    from llmcost.tiers.exact import Exact
    from llmcost.tiers.plan import Charge

KEYS = frozenset(
    {
        "percent",
        "unit_price",
        "fixed_amount",
        "events",
        "free_events",
        "per_transaction_minimum",
        "per_transaction_maximum",
    }
)
REQUIRED = frozenset[str]()


@dataclass(frozen=True, slots=True, kw_only=True)
class Transactions:
    """What transactions come to, one by one."""

    pieces: list[Piece]
    """The share and the paid events, before any bound."""
    total: Decimal
    """Each transaction between its bounds."""


def pieces(charge: Charge, usage: Mapping[str, Decimal]) -> list[Piece]:
    """The share, then the paid events."""
    base = charged(charge, usage)
    found = [Piece(None, base, charge.unit_price, Decimal(1))] if base else []
    paid = max(usage.get(charge.events, ZERO) - charge.free_events, ZERO) if charge.fixed_amount else ZERO
    return [*found, *([Piece(None, paid, charge.fixed_amount, Decimal(1))] if paid else [])]


def expressions(charge: Charge, columns: Columns) -> list[Exact]:
    """The share, then the paid events."""
    found = [charged_sql(charge, columns) * exact(charge.unit_price)]
    if charge.fixed_amount:
        paid = greatest(columns(charge.events) - exact(charge.free_events), NOTHING)
        found.append(paid * exact(charge.fixed_amount))
    return found


def by_transaction(charge: Charge, amounts: Sequence[Decimal]) -> Transactions:
    """What each of the amounts costs; one that is free as a whole has no minimum."""
    base = total = events = ZERO
    left = charge.free_units
    for place, amount in enumerate(amounts, start=1):
        within = bool(charge.free_units or charge.free_events) and (
            not charge.free_events or place <= charge.free_events
        )
        free = (min(amount, left) if charge.free_units else amount) if within else ZERO
        left -= free if charge.free_units else ZERO
        if within and free == amount:
            continue
        fee = (amount - free) * charge.unit_price + charge.fixed_amount
        if charge.transaction_maximum is not None:
            fee = min(fee, charge.transaction_maximum)
        if charge.transaction_minimum is not None:
            fee = max(fee, charge.transaction_minimum)
        base, events, total = base + amount - free, events + 1, total + fee
    found = [Piece(None, base, charge.unit_price, Decimal(1))] if base else []
    paid = [Piece(None, events, charge.fixed_amount, Decimal(1))] if events and charge.fixed_amount else []
    return Transactions(pieces=[*found, *paid], total=total)
