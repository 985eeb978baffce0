"""What `llmcost chargeback` shows of a period: as it was closed, or as it stands with what closed ones still lack."""

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.allocation import spans
from llmcost.allocation.adjustments import adjusted, as_of_now, outstanding
from llmcost.allocation.closing import Closing, in_force, stated
from llmcost.allocation.record import Allocation
from llmcost.allocation.run import Asked, allocation
from llmcost.domain.errors import UsageError
from llmcost.domain.exact import EXACT, total
from llmcost.domain.text import brief, nearest, plural
from llmcost.ledger.billing import no_requests

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection
    from llmcost.pricing.price_list import PriceList

_LISTED = 10
"""Owners a hint names at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chargeback:
    """The allocation of a period, and whether it is final."""

    allocation: Allocation
    closing: Closing | None = None
    """None: the period is open."""
    outstanding: Decimal = Decimal(0)
    """What statements of later periods will add to those of a closed one."""
    restates: Closing | None = None
    """The closing of which this is what it would come to now."""
    notes: tuple[str, ...] = ()


def chargeback(connection: "Connection", prices: "PriceList | None", asked: Asked, *, now: bool = False) -> Chargeback:
    """A closed period as it was closed; with `now`, what it would come to now. An open one with its adjustments."""
    closed = in_force(connection, asked.policy.by)
    since, until = spans.bounds(asked.period)
    for place, one in enumerate(closed):
        if (one.since, one.until) != (since, until):
            continue
        rates = asked.rates if asked.currency == one.allocation.currency else ()
        if now:
            return _restated(as_of_now(connection, prices, one, rates), one)
        owed = outstanding(connection, prices, one, closed[place + 1 :], rates)
        amount = total(line.amount for line in owed)
        notes = () if not owed else (_owed(amount, len(owed), one),)
        return Chargeback(allocation=one.allocation, closing=one, outstanding=amount, notes=notes)
    current = allocation(connection, prices, asked)
    nothing = _nothing(connection, current, asked)
    overlapping = [one.label for one in closed if one.since < until and since < one.until]
    if overlapping:
        return Chargeback(
            allocation=current,
            notes=(
                *nothing,
                f"{', '.join(overlapping)} closed at what its statements say; this is what the ledger has now",
            ),
        )
    if not closed or closed[-1].until != since:
        waiting = [one.label for one in closed[-1:] if one.until < since]
        note = f"adjustments to closed periods are in the first period after {waiting[0]}" if waiting else None
        return Chargeback(allocation=current, notes=nothing if note is None else (*nothing, note))
    return Chargeback(allocation=adjusted(connection, prices, current, closed, asked.rates), notes=nothing)


def _restated(current: Allocation, closing: Closing) -> Chargeback:
    # What its statements said of earlier periods is no part of this one.
    earlier = total(line.amount for line in closing.allocation.lines if line.kind == "adjustment")
    now, then = total(line.amount for line in current.lines), EXACT.subtract(stated(closing), earlier)
    difference = EXACT.subtract(now, then)
    compared = (
        f", {abs(difference):f} {current.currency} {'less' if difference > 0 else 'more'} than this"
        if difference
        else ""
    )
    beside = f", beside {earlier:f} {current.currency} of adjustments to earlier periods" if earlier else ""
    said = f"its statements came to {then:f} {current.currency}{compared}{beside}, and stay as they are"
    return Chargeback(allocation=current, restates=closing, notes=(said,))


def showback(connection: "Connection", prices: "PriceList | None", asked: Asked) -> Chargeback:
    """What the ledger has now, whatever was closed."""
    current = allocation(connection, prices, asked)
    return Chargeback(allocation=current, notes=_nothing(connection, current, asked))


def _nothing(connection: "Connection", current: Allocation, asked: Asked) -> tuple[str, ...]:
    """What to say of a period without anything to allocate."""
    return () if current.requests or current.lines else (no_requests(connection, asked.zone),)


def _owed(amount: Decimal, owners: int, one: Closing) -> str:
    return (
        f"the ledger has learnt more of {one.label} since it was closed; the next statements of "
        f"{plural(owners, 'owner')} adjust it, by {amount:f} {one.allocation.currency} in all"
    )


def owner_of(found: Chargeback, name: str) -> str | None:
    """The owner a user names, who has a line; an empty name is nobody. UsageError naming the nearest."""
    owners = dict.fromkeys(line.owner for line in found.allocation.lines)
    wanted = name or None
    if wanted in owners:
        return wanted
    known = [owner for owner in owners if owner is not None]
    if wanted is None:
        raise UsageError(f"everything of {found.allocation.label} is allocated", hint="name somebody with --for")
    listed = ", ".join(map(brief, known[:_LISTED])) + (" and others" if len(known) > _LISTED else "")
    raise UsageError(
        f"{name!r} bears nothing of {found.allocation.label}, by {found.allocation.by}",
        hint=nearest(name, known) or (f"there are {listed}" if known else "nobody does"),
    )
