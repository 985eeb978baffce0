"""Largest remainder: amounts rounded so that they still add up to their rounded total.

Every part is rounded down to the last place; the places then missing go, one each, to the parts that lost most by it. Of
equal losses the larger part comes first, then the name that sorts first, and no name comes last. The order in which parts
are given never matters. https://en.wikipedia.org/wiki/Largest_remainder_method
"""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from math import lcm
from typing import TypeVar

from llmcost.domain.exact import EXACT

Name = TypeVar("Name", bound="str | None")


def apportioned(total: Decimal, parts: Mapping[Name, Fraction], places: int) -> dict[Name, Decimal]:
    """The parts with so many decimals, adding up to `total`, which must have no more.

    `parts` add up to about that; each comes out less than one unit of the last place from what it was, and from what it
    was plus its even part of what they add up to less. ValueError for a total and no parts.
    """
    scale = 10**places
    units = Fraction(total) * scale
    if units.denominator != 1:
        raise ValueError(f"{total} has more than {places} decimals")
    if not parts:
        if total:
            raise ValueError(f"{total} and nobody to bear it")
        return {}
    # Whole numbers over one denominator compare many times faster than fractions.
    common = lcm(*(part.denominator for part in parts.values()))
    ideal = {name: part.numerator * (common // part.denominator) * scale for name, part in parts.items()}
    lower = {name: part // common for name, part in ideal.items()}
    everyone, some = divmod(int(units) - sum(lower.values()), len(lower))
    ranked = sorted(
        lower, key=lambda name: (lower[name] * common - ideal[name], -abs(ideal[name]), name is None, name or "")
    )
    more = set(ranked[:some])
    return {name: Decimal(lower[name] + everyone + (name in more)).scaleb(-places, context=EXACT) for name in parts}


def in_proportion(total: Decimal, weights: Mapping[Name, Fraction], places: int) -> dict[Name, Decimal]:
    """The total in proportion to weights from 0 up, of which one is more than 0."""
    whole = sum(weights.values(), Fraction(0))
    if whole <= 0:
        raise ValueError("no weight above zero")
    return apportioned(total, {name: Fraction(total) * weight / whole for name, weight in weights.items()}, places)
