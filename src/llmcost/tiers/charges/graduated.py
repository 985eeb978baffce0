"""Each unit at the price of the tier it falls into; a tier's flat fee once, when the quantity enters it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.tiers.charges import Piece
from llmcost.tiers.charges._quantity import charged, charged_sql
from llmcost.tiers.exact import NOTHING, exact, first_of, greatest, least
from llmcost.tiers.plan import ZERO

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmcost.tiers.charges import Columns
    from llmcost.tiers.exact import Exact
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


def expressions(charge: Charge, columns: Columns) -> list[Exact]:
    """For each tier, its units and its flat fee."""
    quantity = charged_sql(charge, columns)
    found: list[Exact] = []
    below = ZERO
    for place, tier in enumerate(charge.tiers):
        top = quantity if tier.up_to is None else least(quantity, exact(tier.up_to))
        if tier.unit_price:
            inside = greatest(top - exact(below), NOTHING)
            found.append(inside * exact(tier.unit_price).over(charge.per))
        if tier.flat_fee:
            always = not place and charge.zero_usage == "charge_first_flat"
            not_entered = [] if always else [(quantity.at_most(exact(below)), NOTHING)]
            found.append(first_of([*not_entered, (None, exact(tier.flat_fee))]))
        below = below if tier.up_to is None else tier.up_to
    return found
