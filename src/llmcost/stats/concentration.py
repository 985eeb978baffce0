"""How unevenly an amount is spread over its holders: Lorenz curve, Gini coefficient, the share of the largest."""

from bisect import bisect_left
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from math import ceil, lcm

Amount = Decimal | int | Fraction


class Spread:
    """Amounts of zero or more, in rising order; all that is said of them is exact."""

    def __init__(self, amounts: Sequence[Amount]) -> None:
        """Raises ValueError for an amount below zero, which has no place on a Lorenz curve."""
        parts = [Fraction(amount) for amount in amounts]
        # Whole numbers of one unit: fractions are slow to compare and to add.
        self._unit = lcm(*{part.denominator for part in parts})
        self._rising = sorted(part.numerator * (self._unit // part.denominator) for part in parts)
        if self._rising and self._rising[0] < 0:
            raise ValueError("an amount below zero has no place on a Lorenz curve")
        self._held = [0, *accumulate(self._rising)]

    def gini(self) -> float | None:
        """The Gini coefficient: 0 where all hold the same, (n - 1) / n where one of n holds all; None where nobody holds anything.

        G = 2 x sum(i x_i) / (n x sum(x)) - (n + 1) / n over the amounts in rising order, i from 1
        (https://mathworld.wolfram.com/GiniCoefficient.html), not corrected for the size of the sample.
        """
        count, whole = len(self._rising), self._held[-1]
        if not whole:
            return None
        weighted = sum(place * amount for place, amount in enumerate(self._rising, 1))
        return float(Fraction(2 * weighted, count * whole) - Fraction(count + 1, count))

    def lorenz(self, share: Fraction) -> float | None:
        """What share of the whole the lowest hold, who are this share of all, on the straight lines between whole holders.

        None where nobody holds anything.
        """
        if not self._held[-1]:
            return None
        people = share * len(self._rising)
        full = int(people)
        held = Fraction(self._held[full])
        if full < len(self._rising):
            held += (people - full) * self._rising[full]
        return float(held / self._held[-1])

    def largest(self, share: Fraction) -> tuple[int, Fraction]:
        """How many holders this share of all is, rounded up, and what that many of the largest hold together."""
        count = ceil(share * len(self._rising))
        return count, Fraction(self._held[-1] - self._held[len(self._rising) - count], self._unit)

    def fewest_for(self, share: Fraction) -> int:
        """How many of the largest hold this share of the whole together, at the fewest."""
        # The fewest of the largest leave the most of the smallest that together hold no more than the rest.
        rest = (1 - share) * self._held[-1]
        place = bisect_left(self._held, rest)
        kept = place if place < len(self._held) and self._held[place] == rest else place - 1
        return len(self._rising) - max(self._last_with(kept), 0)

    def _last_with(self, place: int) -> int:
        """The last place that holds as much as `place` does: holders of nothing are not needed."""
        while 0 <= place < len(self._rising) and self._held[place + 1] == self._held[place]:
            place += 1
        return place
