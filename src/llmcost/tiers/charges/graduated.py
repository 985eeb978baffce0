"""Each unit at the price of the tier it falls into; a tier's flat fee once, when the quantity enters it."""

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

KEYS = frozenset({"tiers", "per", "zero_usage"})
REQUIRED = frozenset({"tiers"})


def pieces(charge: Charge, usage: Mapping[str, Decimal]) -> list[Piece]:
    """For each tier entered, its units and its flat fee; nothing used enters the first tier unless `zero_usage` is skip."""
    quantity = charged(charge, usage)
    found: list[Piece] = []
    below = ZERO
    for place, tier in enumerate(charge.tiers, start=1):
        entered = quantity > below or (place == 1 and not quantity and charge.zero_usage == "charge_first_flat")
        if not entered:
            break
        inside = (quantity if tier.up_to is None else min(quantity, tier.up_to)) - below
        if inside and (tier.unit_price or not tier.flat_fee):
            found.append(Piece(place, inside, tier.unit_price, charge.per))
        if tier.flat_fee:
            found.append(Piece(place, Decimal(1), tier.flat_fee, Decimal(1)))
        if tier.up_to is None:
            break
        below = tier.up_to
    return found


def expressions(charge: Charge, columns: Columns) -> list[str]:
    """For each tier, its units and its flat fee."""
    quantity = charged_sql(charge, columns)
    found: list[str] = []
    below = ZERO
    for place, tier in enumerate(charge.tiers):
        top = quantity if tier.up_to is None else f"least({quantity}, {number(tier.up_to)})"
        if tier.unit_price:
            found.append(price_sql(f"greatest({top} - {number(below)}, 0)", tier.unit_price, charge.per))
        if tier.flat_fee:
            sign = ">=" if not place and charge.zero_usage == "charge_first_flat" else ">"
            found.append(f"case when {quantity} {sign} {number(below)} then {number(tier.flat_fee)} else 0 end")
        below = below if tier.up_to is None else tier.up_to
    return found
