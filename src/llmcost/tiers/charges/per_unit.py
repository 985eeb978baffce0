"""Every unit at one price."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost.tiers.charges import Piece
from llmcost.tiers.charges._quantity import charged, charged_sql
from llmcost.tiers.exact import exact

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from llmcost.tiers.charges import Columns
    from llmcost.tiers.exact import Exact
    from llmcost.tiers.plan import Charge

KEYS = frozenset({"unit_price", "per"})
REQUIRED = frozenset({"unit_price"})


def pieces(charge: Charge, usage: Mapping[str, Decimal]) -> list[Piece]:
    """One line."""
    quantity = charged(charge, usage)
    return [Piece(None, quantity, charge.unit_price, charge.per)] if quantity else []


def expressions(charge: Charge, columns: Columns) -> list[Exact]:
    """One line."""
    return [charged_sql(charge, columns) * exact(charge.unit_price).over(charge.per)]
