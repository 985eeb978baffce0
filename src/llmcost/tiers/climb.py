"""A set of plans made better one plan at a time, out of more candidates than all sets of them could be looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost.tiers.market import is_list

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmcost.tiers.market import Candidate, Market


def climb(market: Market, plans: tuple[Candidate, ...], candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """The set, or a better one that keeps the constraints: no other candidate in place of any one plan brings in more."""
    best, place, settled = plans, 0, 0
    while settled < len(best):
        better = _replaced(market, best, place, candidates)
        settled = settled + 1 if better == best else 1
        best, place = better, (place + 1) % len(best)
    return best


def grown(
    market: Market, plans: tuple[Candidate, ...], candidates: Sequence[Candidate]
) -> tuple[Candidate, ...] | None:
    """The set with one more plan that costs it least, a place to climb on from; None where no plan can be added."""
    sets = [
        found
        for place in range(len(plans) + 1)
        if (found := _put(market, plans[:place], plans[place:], candidates, -1)) is not None
    ]
    return max(sets, key=lambda one: sum(market.least(one)), default=None)


def _replaced(
    market: Market, plans: tuple[Candidate, ...], place: int, candidates: Sequence[Candidate]
) -> tuple[Candidate, ...]:
    """The set with the best candidate in one place."""
    least = sum(market.least(plans))
    return _put(market, plans[:place], plans[place + 1 :], candidates, least) or plans


def _put(
    market: Market,
    before: tuple[Candidate, ...],
    after: tuple[Candidate, ...],
    candidates: Sequence[Candidate],
    revenue: int,
) -> tuple[Candidate, ...] | None:
    """The set with the best candidate between others; None where none brings in more than so many cents."""
    rest = market.least((*before, *after)) if before or after else None
    best = None
    for candidate in candidates:
        plans = (*before, candidate, *after)
        if not is_list(plans):
            continue
        own = market.bills(candidate)
        bills = own if rest is None else list(map(min, rest, own))
        brought = sum(bills)
        if brought > revenue and market.bearable(bills) and market.sound(plans, bills):
            best, revenue = plans, brought
    return best
