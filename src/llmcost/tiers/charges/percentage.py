"""A share of an amount of money, and a fixed amount per event: pass-through with a margin is 120 % of cost."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.tiers.charges import Piece
from llmcost.tiers.charges._quantity import charged, charged_sql, number, price_sql
from llmcost.tiers.plan import ZERO

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmcost.tiers.charges import Columns
    from llmcost.tiers.plan import Charge

KEYS = frozenset({"percent", "unit_price", "fixed_amount", "events", "free_events"})
REQUIRED = frozenset[str]()


def pieces(charge: Charge, usage: Mapping[str, Decimal]) -> list[Piece]:
    """The share, then the paid events."""
    base = charged(charge, usage)
    found = [Piece(None, base, charge.unit_price, Decimal(1))] if base else []
    paid = max(usage.get(charge.events, ZERO) - charge.free_events, ZERO) if charge.fixed_amount else ZERO
    return [*found, *([Piece(None, paid, charge.fixed_amount, Decimal(1))] if paid else [])]


def expressions(charge: Charge, columns: Columns) -> list[str]:
    """The share, then the paid events."""
    found = [price_sql(charged_sql(charge, columns), charge.unit_price, Decimal(1))]
    if charge.fixed_amount:
        paid = f"greatest({columns(charge.events)} - {number(charge.free_events)}, 0)"
        found.append(price_sql(paid, charge.fixed_amount, Decimal(1)))
    return found
