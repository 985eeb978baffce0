"""Whole packages of units: a started package is charged in full, unless it is rounded down."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.tiers.charges import Piece
from llmcost.tiers.charges._quantity import charged, charged_sql, whole
from llmcost.tiers.exact import blocks_of, exact, greatest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmcost.tiers.charges import Columns
    from llmcost.tiers.exact import Exact
    from llmcost.tiers.plan import Charge

KEYS = frozenset({"package_size", "package_price", "package_rounding", "package_minimum"})
REQUIRED = frozenset({"package_size", "package_price"})


def pieces(charge: Charge, usage: Mapping[str, Decimal]) -> list[Piece]:
    """One line, its quantity in packages."""
    count = whole(charged(charge, usage), charge.package_size, up=charge.package_rounding == "up")
    count = max(count, Decimal(charge.package_minimum))
    return [Piece(None, count, charge.package_price, Decimal(1))] if count else []


def expressions(charge: Charge, columns: Columns) -> list[Exact]:
    """One line."""
    count = blocks_of(charged_sql(charge, columns), exact(charge.package_size), up=charge.package_rounding == "up")
    return [greatest(count, exact(Decimal(charge.package_minimum))) * exact(charge.package_price)]
