"""Whole blocks, all at the size and price of the tier the quantity reaches.

Kill Bill's TOP_TIER: https://docs.killbill.io/latest/consumable_in_arrear
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.tiers.charges import Piece
from llmcost.tiers.charges._quantity import charged, charged_sql, whole
from llmcost.tiers.exact import blocks_of, exact, first_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from llmcost.tiers.charges import Columns
    from llmcost.tiers.exact import Exact
    from llmcost.tiers.plan import Block, Charge

KEYS = frozenset({"tiers"})
REQUIRED = frozenset({"tiers"})


def pieces(charge: Charge, usage: Mapping[str, Decimal]) -> list[Piece]:
    """One line."""
    quantity = charged(charge, usage)
    if not quantity:
        return []
    place, block = next(
        (place, block) for place, (block, top) in enumerate(_tops(charge), start=1) if top is None or quantity <= top
    )
    return [Piece(place, whole(quantity, block.size), block.price, Decimal(1))]


def expressions(charge: Charge, columns: Columns) -> list[Exact]:
    """One line."""
    quantity = charged_sql(charge, columns)
    return [
        first_of(
            [
                (
                    None if top is None else quantity.at_most(exact(top)),
                    blocks_of(quantity, exact(block.size)) * exact(block.price),
                )
                for block, top in _tops(charge)
            ]
        )
    ]


def _tops(charge: Charge) -> Iterator[tuple[Block, Decimal | None]]:
    """Each tier with the largest quantity that belongs to it."""
    top = Decimal(0)
    for block in charge.blocks:
        if block.most is None:
            yield block, None
            return
        top += block.most * block.size
        yield block, top
