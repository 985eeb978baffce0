"""What could be spent while every limit is kept: limit x price x time, in dollars for 30 days.

A counter at its limit all month uses `amount x 30 days / window`; there are as many counters as the period has seen subjects.
A unit of use is priced as the ledger's requests were: `usual` at their average, `worst` at the dearest one in a hundred. A
budget's unit is a dollar. Where several windows or rules must all allow a request, the tightest counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.quota.replay.counting import PICO
from llmcost.quota.replay.traffic import Traffic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmcost.ledger.composition import Selection
    from llmcost.ledger.connection import Connection
    from llmcost.quota.limit import Limit
    from llmcost.quota.replay.plan import Plan

DAYS = 30
_SPANS = {"month": Decimal(1), "quarter": Decimal(1), "year": Decimal(1)}
"""How often a longer window can be emptied within 30 days: once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposed:
    """One limit, and what could be spent under it."""

    limit: Limit
    file: str
    counters: int
    usual: Decimal | None
    """US dollars in 30 days at the average price of past use; None where no use has a cost."""
    worst: Decimal | None
    """The same at the price of the dearest request in a hundred."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """What could be spent under some configs."""

    limits: tuple[Exposed, ...]
    usual: Decimal | None
    """In all; None when a rule's is not known."""
    worst: Decimal | None
    spent: Decimal
    """What the period did cost, for 30 days of it."""
    unlimited: int
    """Requests that no limit is about: nothing bounds them."""
    requests: int
    left_out: tuple[tuple[str, str], ...]


def exposure(connection: Connection, selection: Selection, made: Plan) -> Exposure:
    """What could be spent under a plan, judged by the selected requests."""
    traffic = Traffic(connection, selection, made)
    totals = traffic.totals()
    found = []
    for number, slot in enumerate(made.slots):
        demand = traffic.demand(number)
        prices = traffic.prices(number)
        amount = Decimal(slot.amount) / PICO if slot.limit.unit == "cost" else Decimal(slot.amount)
        times = _times(slot.limit)
        usual, worst = (None if price is None else amount * times * demand.counters * price for price in prices)
        found.append(Exposed(limit=slot.limit, file=slot.file, counters=demand.counters, usual=usual, worst=worst))
    span = 0 if totals.first is None or totals.last is None else totals.last - totals.first
    days = max(Decimal(span) / 86_400_000_000, Decimal(1))
    return Exposure(
        limits=tuple(found),
        usual=_together(made, [one.usual for one in found]),
        worst=_together(made, [one.worst for one in found]),
        spent=Decimal(totals.cost) / PICO / days * DAYS,
        unlimited=totals.requests - totals.limited,
        requests=totals.requests,
        left_out=tuple((limit.label, reason) for limit, reason in made.left_out),
    )


def _times(limit: Limit) -> Decimal:
    """How many windows 30 days have."""
    window = limit.window
    if window.kind == "lifetime" or window.span in _SPANS:
        return Decimal(1)
    return Decimal(DAYS * 86_400) / (window.seconds or DAYS * 86_400)


def _together(made: Plan, amounts: Sequence[Decimal | None]) -> Decimal | None:
    """All rules of every config: the sum over rules, the tightest window of each; at most what a rule about everything allows.

    A request must get past every config, so one that is about every request bounds all that is spent.
    """
    bounds: list[Decimal] = []
    partial = Decimal(0)
    for set_number, semantics in enumerate(made.semantics):
        rules: dict[int, list[Decimal]] = {}
        ceilings: list[Decimal] = []
        everything = False
        for slot, amount in zip(made.slots, amounts, strict=True):
            if slot.set_number != set_number or slot.limit.mode == "audit":
                continue
            if amount is None:
                return None
            rules.setdefault(slot.limit.rule, []).append(amount)
            if slot.limit.match.is_everything:
                everything = True
                ceilings += [amount] if semantics.decides == "all" else []
        bound = min([sum((min(windows) for windows in rules.values()), Decimal(0)), *ceilings])
        if everything:
            bounds.append(bound)
        else:
            partial += bound
    return min(bounds) if bounds else partial
