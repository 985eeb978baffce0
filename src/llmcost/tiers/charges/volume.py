"""All units at the price of the tier the whole quantity reaches, so that one more unit may cost less than nothing."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.tiers.charges import Piece
from llmcost.tiers.charges._quantity import charged, charged_sql
from llmcost.tiers.exact import NOTHING, exact, first_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmcost.tiers.charges import Columns
    from llmcost.tiers.exact import Exact
    from llmcost.tiers.plan import Charge

KEYS = frozenset({"tiers", "per", "zero_usage"})
REQUIRED = frozenset({"tiers"})


def pieces(charge: Charge, usage: Mapping[str, Decimal]) -> list[Piece]:
    """The units and the flat fee of the tier reached."""
    quantity = charged(charge, usage)
    if not quantity and charge.zero_usage == "skip":
        return []
    place, tier = next(
        (place, tier)
        for place, tier in enumerate(charge.tiers, start=1)
        if tier.up_to is None or quantity <= tier.up_to
    )
    found = [Piece(place, quantity, tier.unit_price, charge.per)] if quantity else []
    return [*found, *([Piece(place, Decimal(1), tier.flat_fee, Decimal(1))] if tier.flat_fee else [])]


def expressions(charge: Charge, columns: Columns) -> list[Exact]:
    """The units, and the flat fee, of whichever tier is reached."""
    quantity = charged_sql(charge, columns)
    units = [quantity * exact(tier.unit_price).over(charge.per) for tier in charge.tiers]
    flats = [exact(tier.flat_fee) for tier in charge.tiers]
    found = [_reached(charge, quantity, units)]
    if any(tier.flat_fee for tier in charge.tiers):
        flat = _reached(charge, quantity, flats)
        unused = quantity.at_most(NOTHING)
        found.append(first_of([(unused, NOTHING), (None, flat)]) if charge.zero_usage == "skip" else flat)
    return found


def _reached(charge: Charge, quantity: Exact, values: list[Exact]) -> Exact:
    bounds = (None if tier.up_to is None else quantity.at_most(exact(tier.up_to)) for tier in charge.tiers)
    return first_of(list(zip(bounds, values, strict=True)))
