"""Tiers sold in whole blocks: each tier is filled before the next begins, and a started block is charged in full.

Kill Bill's ALL_TIERS: https://docs.killbill.io/latest/consumable_in_arrear
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.tiers.charges import Piece
from llmcost.tiers.charges._quantity import charged, charged_sql, whole
from llmcost.tiers.exact import NOTHING, blocks_of, exact, greatest, least

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmcost.tiers.charges import Columns
    from llmcost.tiers.exact import Exact
    from llmcost.tiers.plan import Charge

KEYS = frozenset({"tiers"})
REQUIRED = frozenset({"tiers"})


def pieces(charge: Charge, usage: Mapping[str, Decimal]) -> list[Piece]:
    """The blocks of each tier entered."""
    left = charged(charge, usage)
    found: list[Piece] = []
    for place, block in enumerate(charge.blocks, start=1):
        if not left:
            break
        count = whole(left, block.size)
        if block.most is not None:
            count = min(count, Decimal(block.most))
        found.append(Piece(place, count, block.price, Decimal(1)))
        left = max(left - count * block.size, Decimal(0))
    return found


def expressions(charge: Charge, columns: Columns) -> list[Exact]:
    """The blocks of each tier."""
    quantity = charged_sql(charge, columns)
    found: list[Exact] = []
    below = Decimal(0)
    for block in charge.blocks:
        count = blocks_of(greatest(quantity - exact(below), NOTHING), exact(block.size))
        if block.most is not None:
            count = least(count, exact(Decimal(block.most)))
            below += block.most * block.size
        found.append(count * exact(block.price))
    return found
