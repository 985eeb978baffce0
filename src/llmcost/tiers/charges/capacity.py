"""The price of the smallest size whose every limit covers what is used; limits are inclusive.

Kill Bill's capacity in arrear: https://docs.killbill.io/latest/catalog-examples
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.tiers.charges import Piece
from llmcost.tiers.exact import exact, first_of
from llmcost.tiers.plan import ZERO

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmcost.tiers.charges import Columns
    from llmcost.tiers.exact import Exact
    from llmcost.tiers.plan import Charge

KEYS = frozenset({"tiers"})
REQUIRED = frozenset({"tiers"})


def pieces(charge: Charge, usage: Mapping[str, Decimal]) -> list[Piece]:
    """One line: the size reached."""
    place, step = next(
        (place, step)
        for place, step in enumerate(charge.steps, start=1)
        if all(_used(charge, usage, meter) <= limit for meter, limit in step.limits.items())
    )
    return [Piece(place, Decimal(1), step.price, Decimal(1))]


def expressions(charge: Charge, columns: Columns) -> list[Exact]:
    """One line."""
    cases: list[tuple[str | None, Exact]] = []
    for step in charge.steps:
        terms = [
            columns(meter).at_most(exact(limit + (charge.free_units if meter == charge.meter else ZERO)))
            for meter, limit in step.limits.items()
        ]
        cases.append((" and ".join(terms) or None, exact(step.price)))
    return [first_of(cases)]


def _used(charge: Charge, usage: Mapping[str, Decimal], meter: str) -> Decimal:
    free = charge.free_units if meter == charge.meter else ZERO
    return max(usage.get(meter, ZERO) - free, ZERO)
