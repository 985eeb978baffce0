"""The best set of plans out of many candidates, exactly: customers take the cheapest of the set every month.

One more plan to choose from never raises a bill. So no larger set brings in more than a set does, nor spares fewer customers than
all candidates left do together; what either rules out needs no more looking into, and nothing else is left out.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from llmcost.tiers.market import is_list

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmcost.tiers.market import Candidate, Market


def best(
    market: Market, candidates: Sequence[Candidate], count: int, *, above: int = -1
) -> tuple[Candidate, ...] | None:
    """The `count` candidates that bring in most within the constraints, smallest first; None where none keep them.

    A set is one a price list could show, and each of its plans is somebody's cheapest. With `above`, only sets that bring in
    more than so many cents are looked for.
    """
    search = _Search(market, sorted(candidates, key=lambda one: one.order), count, above)
    search.extend((), None, 0)
    return search.found


class _Search:
    def __init__(self, market: Market, candidates: Sequence[Candidate], count: int, above: int) -> None:
        self.market = market
        self.candidates = candidates
        self.count = count
        self.revenue = above
        self.found: tuple[Candidate, ...] | None = None
        self._floors: list[list[int]] = []
        """What each month costs on the cheapest of the candidates from one place on."""
        for plan in reversed(candidates):
            bills = market.bills(plan)
            self._floors.append(list(map(min, self._floors[-1], bills)) if self._floors else bills)
        self._floors.reverse()

    def extend(self, chosen: tuple[Candidate, ...], least: Sequence[int] | None, start: int) -> None:
        """Look at every set that adds candidates from `start` on to those chosen, whose bills are `least`."""
        missing = self.count - len(chosen)
        for place in range(start, len(self.candidates) - missing + 1):
            plans = (*chosen, self.candidates[place])
            if not all(
                one.included < other.included and one.price < other.price for one, other in pairwise(plans[-2:])
            ):
                continue
            own = self.market.bills(plans[-1])
            bills = own if least is None else list(map(min, least, own))
            if self.market.bound(bills) <= self.revenue:
                continue
            if missing > 1:
                if self.market.bearable(list(map(min, bills, self._floors[place + 1]))):
                    self.extend(plans, bills, place + 1)
            elif is_list(plans) and self.market.bearable(bills) and self.market.sound(plans, bills):
                self.revenue, self.found = sum(bills), plans
