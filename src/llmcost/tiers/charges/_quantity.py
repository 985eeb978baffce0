"""What the models share: the quantity that is charged, and how many blocks it takes."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext
from typing import TYPE_CHECKING

from llmcost.tiers.exact import NOTHING, exact, greatest
from llmcost.tiers.plan import ZERO

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmcost.tiers.charges import Columns
    from llmcost.tiers.exact import Exact
    from llmcost.tiers.plan import Charge


def charged(charge: Charge, usage: Mapping[str, Decimal]) -> Decimal:
    """What is used beyond the free units."""
    return max(usage.get(charge.meter, ZERO) - charge.free_units, ZERO)


def charged_sql(charge: Charge, columns: Columns) -> Exact:
    """`charged` as SQL."""
    return greatest(columns(charge.meter) - exact(charge.free_units), NOTHING)


def whole(quantity: Decimal, size: Decimal, *, up: bool = True) -> Decimal:
    """How many blocks of a size a quantity takes."""
    with localcontext(prec=80, rounding=ROUND_CEILING if up else ROUND_FLOOR):
        return (quantity / size).to_integral_value()
