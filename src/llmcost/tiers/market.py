"""What customers would pay on a set of plans, and whether the set may be offered.

Bills are whole cents here: they add up exactly, and much faster than decimals.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MICRO = 10**6
_PICO = 10**12
_SCALE = _MICRO * _PICO
NEVER = 10**15
"""The bill of a plan whose limit is below what is used: more than any other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A plan that might be offered."""

    price: Decimal
    """Whole cents."""
    included: Decimal
    overage: Decimal | None
    """Per unit beyond what is included; None: that is the limit, and more takes a larger plan."""

    @property
    def order(self) -> tuple[Decimal, Decimal, Decimal]:
        """Smaller, cheaper and cheaper beyond come first."""
        return self.included, self.price, Decimal("inf") if self.overage is None else self.overage


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """One month of one customer."""

    customer: int
    usage: Decimal
    cost: Decimal
    now: Decimal
    """Today's bill."""
    most: Decimal | None = None
    """No bill may be higher; None for no bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraints:
    """What a set of plans must not do."""

    rise: Decimal = Decimal("0.2")
    """A bill may rise by so much of itself"""
    spared: Decimal = Decimal("0.9")
    """for at least so many of the customers."""
    margin: Decimal = Decimal(0)
    """The customers of each plan together leave at least this share of their bills."""


class Market:
    """Customers who take the cheapest plan every month."""

    def __init__(self, months: Sequence[Month], constraints: Constraints) -> None:
        """`months` are in order of use, smallest first."""
        self.months = months
        self.constraints = constraints
        self._usage = [int(month.usage * _MICRO) for month in months]
        self._most = [NEVER - 1 if month.most is None else int(month.most * 100) for month in months]
        places: dict[int, int] = {}
        self._customers = [places.setdefault(month.customer, len(places)) for month in months]
        today = [Decimal(0)] * len(places)
        for place, month in zip(self._customers, months, strict=True):
            today[place] += month.now
        self._bearable = [int(bill * (1 + constraints.rise) * 100) for bill in today]
        self._known: dict[Candidate, list[int]] = {}

    def bills(self, plan: Candidate) -> list[int]:
        """What each month costs on a plan, in cents."""
        found = self._known.get(plan)
        if found is None:
            size, price = int(plan.included * _MICRO), int(plan.price * 100)
            within = bisect_right(self._usage, size)
            beyond = self._usage[within:]
            if plan.overage is None:
                rest = [NEVER] * len(beyond)
            else:
                rate = 2 * int(plan.overage * 100 * _PICO)
                rest = [price + ((used - size) * rate + _SCALE) // (2 * _SCALE) for used in beyond]
            found = self._known[plan] = [price] * within + rest
        return found

    def least(self, plans: Sequence[Candidate]) -> list[int]:
        """What each month costs on the cheapest of some plans."""
        one, *others = [self.bills(plan) for plan in plans]
        return list(map(min, one, *others)) if others else one

    def bound(self, bills: Sequence[int]) -> int:
        """More than this no set brings in that bills nobody more than these bills and keeps the constraints."""
        return sum(map(min, bills, self._most))

    def bearable(self, bills: Sequence[int]) -> bool:
        """Whether no bill is above its bound, and enough customers pay little more than today."""
        if any(bill > most for bill, most in zip(bills, self._most, strict=True)):
            return False
        sums = [0] * len(self._bearable)
        for place, bill in zip(self._customers, bills, strict=True):
            sums[place] += bill
        fine = sum(1 for bill, most in zip(sums, self._bearable, strict=True) if bill <= most)
        return fine >= self.constraints.spared * len(sums)

    def sound(self, plans: Sequence[Candidate], bills: Sequence[int]) -> bool:
        """Whether each plan, smallest first, is somebody's cheapest, and its customers leave enough together."""
        takers, revenue, cost = [0] * len(plans), [0] * len(plans), [Decimal(0)] * len(plans)
        each = [self.bills(plan) for plan in plans]
        for place, (month, bill) in enumerate(zip(self.months, bills, strict=True)):
            taken = next(number for number, other in enumerate(each) if other[place] == bill)
            takers[taken] += 1
            revenue[taken] += bill
            cost[taken] += month.cost
        least = self.constraints.margin
        return all(takers) and all(
            paid - 100 * spent >= least * paid for paid, spent in zip(revenue, cost, strict=True)
        )


def is_list(plans: Sequence[Candidate]) -> bool:
    """Whether a price list could show the plans: who pays more gets more, and the largest has no limit."""
    rising = all(one.included < other.included and one.price < other.price for one, other in pairwise(plans))
    return rising and plans[-1].overage is not None


def by_customer(months: Sequence[Month], bills: Sequence[Decimal]) -> dict[int, Decimal]:
    """What each customer pays over all months."""
    found: dict[int, Decimal] = {}
    for month, bill in zip(months, bills, strict=True):
        found[month.customer] = found.get(month.customer, Decimal(0)) + bill
    return found


def spared(now: Mapping[int, Decimal], new: Mapping[int, Decimal], rise: Decimal) -> Decimal:
    """The share of customers who pay more by no more than `rise` of what they pay now."""
    return Decimal(sum(1 for customer, bill in new.items() if bill <= now[customer] * (1 + rise))) / len(new)


def steepest(now: Mapping[int, Decimal], new: Mapping[int, Decimal]) -> Decimal | None:
    """The largest rise of what a customer pays, as a share of it; None where nobody pays anything now."""
    return max((bill / now[customer] - 1 for customer, bill in new.items() if now[customer]), default=None)
