"""How unevenly an amount is spread over its holders: Lorenz curve, Gini coefficient, the share of the largest.

Every function is pure and takes amounts of zero or more, exactly.
"""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import ceil

Amount = Decimal | int | Fraction


def gini(amounts: Sequence[Amount]) -> float | None:
    """The Gini coefficient: 0 where all hold the same, (n - 1) / n where one of n holds all. None where nobody holds anything.

    G = 2 x sum(i x_i) / (n x sum(x)) - (n + 1) / n over the amounts in rising order, i from 1
    (https://mathworld.wolfram.com/GiniCoefficient.html), not corrected for the size of the sample.
    """
    rising = _rising(amounts)
    whole = sum(rising)
    if not whole:
        return None
    weighted = sum(place * amount for place, amount in enumerate(rising, 1))
    return float(Fraction(2 * weighted, len(rising) * whole) - Fraction(len(rising) + 1, len(rising)))


def lorenz(amounts: Sequence[Amount], share: Fraction) -> float | None:
    """What share of the whole those with the smallest amounts hold, who are this share of all, on the straight lines between.

    None where nobody holds anything.
    """
    rising = _rising(amounts)
    whole = sum(rising)
    if not whole:
        return None
    people = share * len(rising)
    full = min(int(people), len(rising))
    held = sum(rising[:full], start=Fraction(0))
    if full < len(rising):
        held += (people - full) * rising[full]
    return float(held / whole)


def largest(amounts: Sequence[Amount], share: Fraction) -> tuple[int, Fraction]:
    """How many holders this share of all is, rounded up, and what that many of the largest hold together."""
    count = min(ceil(share * len(amounts)), len(amounts))
    rising = _rising(amounts)
    return count, sum(rising[len(rising) - count :], start=Fraction(0))


def fewest_for(amounts: Sequence[Amount], share: Fraction) -> int:
    """How many of the largest hold this share of the whole together, at the fewest."""
    falling = _rising(amounts)[::-1]
    wanted, held = share * sum(falling), Fraction(0)
    for count, amount in enumerate(falling):
        if held >= wanted:
            return count
        held += amount
    return len(falling)


def _rising(amounts: Sequence[Amount]) -> list[Fraction]:
    if any(amount < 0 for amount in amounts):
        raise ValueError("an amount below zero has no place on a Lorenz curve")
    return sorted(Fraction(amount) for amount in amounts)
