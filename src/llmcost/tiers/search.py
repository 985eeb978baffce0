"""The best set of plans out of many candidates, exactly: customers take the cheapest of the set every month.

One more plan to choose from never raises a bill. So what a set brings in is the most any larger set can, and a set that is
behind already needs no more looking into; nothing else is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A plan that might be offered."""

    price: Decimal
    included: Decimal
    overage: Decimal
    """Per unit beyond what is included."""

    def bill(self, usage: Decimal) -> Decimal:
        """What a month of that usage costs."""
        beyond = usage - self.included
        return self.price if beyond <= 0 else self.price + (beyond * self.overage).quantize(_CENT, "ROUND_HALF_UP")


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """One month of one customer."""

    customer: int
    usage: Decimal
    cost: Decimal
    now: Decimal
    """Today's bill."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraints:
    """What a set of plans must not do."""

    rise: Decimal = Decimal("0.2")
    """A bill may rise by so much of itself"""
    spared: Decimal = Decimal("0.9")
    """for at least so many of the customers."""
    margin: Decimal = Decimal(0)
    """The customers of each plan together leave at least this share of their bills."""


def best(
    months: Sequence[Month], candidates: Sequence[Candidate], count: int, constraints: Constraints
) -> tuple[Candidate, ...] | None:
    """The `count` candidates with the largest margin that keep the constraints; the first of equals, None where none do.

    A set is one a price list could show: who pays more has more included.
    """
    candidates = sorted(candidates, key=lambda one: (one.included, one.price, one.overage))
    bills = [[candidate.bill(month.usage) for month in months] for candidate in candidates]
    search = _Search(months, candidates, bills, count, constraints)
    search.extend((), None, 0)
    return None if search.found is None else tuple(candidates[index] for index in search.found)


class _Search:
    def __init__(
        self,
        months: Sequence[Month],
        candidates: Sequence[Candidate],
        bills: Sequence[Sequence[Decimal]],
        count: int,
        constraints: Constraints,
    ) -> None:
        self.months = months
        self.candidates = candidates
        self.bills = bills
        self.count = count
        self.constraints = constraints
        self.revenue: Decimal | None = None
        self.found: tuple[int, ...] | None = None

    def extend(self, chosen: tuple[int, ...], least: Sequence[Decimal] | None, start: int) -> None:
        for index in range(start, len(self.bills) - (self.count - len(chosen)) + 1):
            if chosen and not self._above(index, chosen[-1]):
                continue
            bills = self.bills[index] if least is None else list(map(min, least, self.bills[index]))
            revenue = sum(bills, Decimal(0))
            if self.revenue is not None and revenue <= self.revenue:
                continue
            now = (*chosen, index)
            if len(now) < self.count:
                self.extend(now, bills, index + 1)
            elif self._keeps(now, bills):
                self.revenue, self.found = revenue, now

    def _above(self, index: int, other: int) -> bool:
        one, two = self.candidates[index], self.candidates[other]
        return one.included > two.included and one.price > two.price

    def _keeps(self, chosen: tuple[int, ...], bills: Sequence[Decimal]) -> bool:
        return spared(self.months, bills, self.constraints.rise) >= self.constraints.spared and self._margins(
            chosen, bills
        )

    def _margins(self, chosen: tuple[int, ...], bills: Sequence[Decimal]) -> bool:
        """Whether each plan's own customers leave enough."""
        revenue = dict.fromkeys(chosen, Decimal(0))
        cost = dict.fromkeys(chosen, Decimal(0))
        for place, (month, bill) in enumerate(zip(self.months, bills, strict=True)):
            plan = next(index for index in chosen if self.bills[index][place] == bill)
            revenue[plan] += bill
            cost[plan] += month.cost
        return all(revenue[plan] - cost[plan] >= self.constraints.margin * revenue[plan] for plan in chosen)


def spared(months: Sequence[Month], bills: Sequence[Decimal], rise: Decimal) -> Decimal:
    """The share of customers whose bills together rise by no more than that."""
    now: dict[int, Decimal] = {}
    new: dict[int, Decimal] = {}
    for month, bill in zip(months, bills, strict=True):
        now[month.customer] = now.get(month.customer, Decimal(0)) + month.now
        new[month.customer] = new.get(month.customer, Decimal(0)) + bill
    fine = sum(new[customer] <= before * (1 + rise) for customer, before in now.items())
    return Decimal(fine) / len(now) if now else Decimal(1)
