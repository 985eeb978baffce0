"""What the models share: the quantity that is charged, and numbers as SQL."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext
from typing import TYPE_CHECKING

from llmcost.tiers.plan import ZERO

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llmcost.tiers.charges import Columns
    from llmcost.tiers.plan import Charge

_MICRO = 1_000_000
"""Block and package sizes have six decimals at most, quantities are cut at as many before they are divided."""


def charged(charge: Charge, usage: Mapping[str, Decimal]) -> Decimal:
    """What is used beyond the free units."""
    return max(usage.get(charge.meter, ZERO) - charge.free_units, ZERO)


def charged_sql(charge: Charge, columns: Columns) -> str:
    """`charged` as SQL."""
    quantity = columns(charge.meter)
    return f"greatest({quantity} - {number(charge.free_units)}, 0)" if charge.free_units else quantity


def whole(quantity: Decimal, size: Decimal, *, up: bool = True) -> Decimal:
    """How many blocks of a size a quantity takes."""
    with localcontext(prec=80, rounding=ROUND_CEILING if up else ROUND_FLOOR):
        return (quantity / size).to_integral_value()


def whole_sql(quantity: str, size: Decimal, *, up: bool = True) -> str:
    """`whole` as SQL: DuckDB divides decimals as floats, whole numbers exactly."""
    micro = f"cast(({quantity}) * {_MICRO} as hugeint)"
    divisor = int(size * _MICRO)
    return f"(({micro} + {divisor - 1 if up else 0}) // {divisor})"


def number(value: Decimal) -> str:
    """A decimal as SQL writes it."""
    text = f"{value:f}"
    return f"({text})" if value < 0 else text


def price_sql(quantity: str, unit_price: Decimal, per: Decimal) -> str:
    """A quantity times its price."""
    return f"({quantity}) * {number(unit_price / per)}"


def first_of(values: Sequence[tuple[str | None, str]]) -> str:
    """The value of the first condition that holds, as SQL; None always holds, and is the last."""
    if values[0][0] is None:
        return values[0][1]
    cases = (f"else {value}" if condition is None else f"when {condition} then {value}" for condition, value in values)
    return f"case {' '.join(cases)} end"
