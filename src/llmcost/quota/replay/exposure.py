"""What could be spent while every limit is kept: limit x price x time, in dollars for 30 days.

A counter at its limit all month uses `amount x 30 days / window`; there are as many counters as the period has seen subjects.
A unit of use is priced as the ledger's requests were: `usual` at their average, `worst` at the dearest one in a hundred. A
budget's unit is a dollar, that of a limit on requests under way a second of one of them. Where several windows or rules must all
allow a request, the tightest counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.quota.replay.counting import PICO

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmcost.quota.limit import Limit
    from llmcost.quota.replay.plan import Plan

DAYS = 30
Prices = tuple[Decimal | None, Decimal | None]
"""Of a unit of use: usual, worst."""
_LONG = ("month", "quarter", "year")
"""Windows that can be emptied within 30 days once, as any that is longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """What could be spent in 30 days, US dollars."""

    usual: Decimal | None
    """At the average price of past use; None where no use has a cost."""
    worst: Decimal | None
    """At the price of the dearest request in a hundred."""


def exposures(made: Plan, counters: Sequence[int], prices: Sequence[Prices]) -> tuple[tuple[Exposure, ...], Exposure]:
    """What could be spent under each limit, and under all of them, given how many counters each has and what a unit costs."""
    found = []
    for slot, count, (usual, worst) in zip(made.slots, counters, prices, strict=True):
        amount = Decimal(slot.amount) / PICO if slot.limit.unit == "cost" else Decimal(slot.amount)
        most = amount * _times(slot.limit) * count
        found.append(
            Exposure(usual=None if usual is None else most * usual, worst=None if worst is None else most * worst)
        )
    together = Exposure(
        usual=_together(made, [one.usual for one in found]), worst=_together(made, [one.worst for one in found])
    )
    return tuple(found), together


def _times(limit: Limit) -> Decimal:
    """How many windows 30 days have; of requests under way, how many seconds."""
    window = limit.window
    if window.kind == "instant":
        return Decimal(DAYS * 86_400)
    if window.kind == "lifetime" or window.span in _LONG:
        return Decimal(1)
    return max(Decimal(DAYS * 86_400) / (window.seconds or DAYS * 86_400), Decimal(1))


def _together(made: Plan, amounts: Sequence[Decimal | None]) -> Decimal | None:
    """All rules of every config: the sum over rules, the tightest window of each; at most what a rule about everything allows.

    A request must get past every config, so one that is about every request bounds all that is spent.
    """
    bounds: list[Decimal] = []
    partial = Decimal(0)
    for set_number, semantics in enumerate(made.semantics):
        rules: dict[tuple[int, int], list[Decimal]] = {}
        ceilings: list[Decimal] = []
        everything = False
        for slot, amount in zip(made.slots, amounts, strict=True):
            if slot.set_number != set_number or slot.limit.mode == "audit":
                continue
            if amount is None:
                return None
            # What overrides a rule is about other requests than the rule itself.
            rules.setdefault((slot.limit.rule, id(slot.limit.node)), []).append(amount)
            if slot.limit.match.is_everything:
                everything = True
                ceilings += [amount] if semantics.decides == "all" and not slot.overrides else []
        bound = min([sum((min(windows) for windows in rules.values()), Decimal(0)), *ceilings])
        if everything:
            bounds.append(bound)
        else:
            partial += bound
    return min(bounds) if bounds else partial
