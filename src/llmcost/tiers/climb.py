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


def _replaced(
    market: Market, plans: tuple[Candidate, ...], place: int, candidates: Sequence[Candidate]
) -> tuple[Candidate, ...]:
    """The set with the best candidate in one place."""
    before, after = plans[:place], plans[place + 1 :]
    rest = market.least((*before, *after)) if before or after else None
    best, revenue = plans, sum(market.least(plans))
    for candidate in candidates:
        others = (*before, candidate, *after)
        if not is_list(others):
            continue
        own = market.bills(candidate)
        bills = own if rest is None else list(map(min, rest, own))
        brought = sum(bills)
        if brought > revenue and market.bearable(bills) and market.sound(others, bills):
            best, revenue = others, brought
    return best
