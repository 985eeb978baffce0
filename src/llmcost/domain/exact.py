"""Sums of money that never round: the default context keeps 28 digits, amounts of a ledger may need more."""

from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

EXACT = Context(prec=80, rounding=ROUND_HALF_EVEN)
"""Wide enough for any sum of amounts of a ledger, converted ones included."""


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The sum, to the last digit."""
    result = Decimal(0)
    for amount in amounts:
        result = EXACT.add(result, amount)
    return result


def half_even(value: Fraction) -> Decimal:
    """A price or amount with the 12 places a ledger keeps, for what does not divide."""
    return Decimal(round(value * 10**12)).scaleb(-12, context=EXACT)
