"""What became of closed periods: data that came later is stated in the next period, once."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.allocation import spans
from llmcost.allocation.closing import Closing
from llmcost.allocation.engine import by_owner
from llmcost.allocation.evidence import Spelling
from llmcost.allocation.record import Allocation, Evidence, Line, Source
from llmcost.allocation.run import Asked, allocation, first_unrated_day
from llmcost.domain.errors import UsageError
from llmcost.domain.exact import EXACT, total
from llmcost.domain.fx import Rates
from llmcost.domain.period import time_zone
from llmcost.ledger.composition import Basis

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection
    from llmcost.pricing.price_list import PriceList

Owner = str | None


def source_name(label: str) -> str:
    """What the lines are called that adjust a period."""
    return f"adjustment to {label}"


def as_of_now(connection: "Connection", prices: "PriceList | None", closing: Closing, rates: Rates = ()) -> Allocation:
    """What a closed period would come to now, on the basis and by the rules, the rates and the invoice it was closed with.

    `rates` are those of its currency today, for requests that came since and began before the first it was closed with.
    """
    asked = Asked(
        policy=closing.policy,
        period=closing.period,
        zone=time_zone(closing.allocation.zone),
        currency=closing.allocation.currency,
        rates=closing.rates,
        invoice=closing.allocation.invoice,
        basis=_basis(closing.allocation),
    )
    if first_unrated_day(connection, asked) is not None:
        earlier = (one for one in rates if one[0] < closing.rates[0][0])
        asked = replace(asked, rates=(*earlier, *closing.rates))
    return allocation(connection, prices, asked)


def outstanding(
    connection: "Connection",
    prices: "PriceList | None",
    closing: Closing,
    later: Sequence[Closing],
    rates: Rates = (),
) -> tuple[Line, ...]:
    """What each owner still owes, or is owed, for a closed period: less what the `later` closings have stated of it.

    `rates` as for `as_of_now`.
    """
    now = as_of_now(connection, prices, closing, rates)
    name = source_name(closing.label)
    own = [line for line in closing.allocation.lines if not _adjusts(line)]
    since = [(one, [line for line in one.allocation.lines if line.source == name and _adjusts(line)]) for one in later]
    costs, amounts = _differences(now.lines, [*own, *(line for _, lines in since for line in lines)])
    spelling = _spelling(closing)

    def evidence(owner: Owner) -> Iterator[Evidence]:
        yield Evidence(sign="+", command=spelling.chargeback("--now"), cost=_sum(now.lines, owner))
        yield Evidence(sign="-", command=spelling.chargeback(), cost=_sum(own, owner))
        for one, lines in since:
            if cost := _sum(lines, owner):
                yield Evidence(sign="-", command=_spelling(one).statement(owner), cost=cost)

    return tuple(
        Line(
            owner=owner,
            source=name,
            kind="adjustment",
            method="direct",
            cost=costs[owner],
            amount=amounts[owner],
            source_cost=total(costs.values()),
            evidence=tuple(evidence(owner)),
        )
        for owner in sorted(costs, key=lambda one: (one is None, one or ""))
        if costs[owner] or amounts[owner]
    )


def adjusted(
    connection: "Connection",
    prices: "PriceList | None",
    current: Allocation,
    closed: Sequence[Closing],
    rates: Rates = (),
) -> Allocation:
    """An open period, converted at these rates, with everything outstanding of the closed ones before it."""
    for place, closing in enumerate(closed):
        known = rates if closing.allocation.currency == current.currency else ()
        lines = outstanding(connection, prices, closing, closed[place + 1 :], known)
        if not lines:
            continue
        then = closing.allocation
        if (then.currency, then.decimals) != (current.currency, current.decimals):
            raise UsageError(
                f"{closing.label} was closed in {then.currency} with {then.decimals} decimals and must be adjusted in them",
                hint=f"allocate with --currency {then.currency} and `decimals: {then.decimals}`, or see `llmcost showback`",
            )
        source = Source(
            name=source_name(closing.label),
            kind="adjustment",
            method="direct",
            cost=total(line.cost for line in lines),
            amount=total(line.amount for line in lines),
            basis=(f"closed on {closing.closed_at:%Y-%m-%d}; what the ledger has learnt of it since",),
        )
        current = replace(current, sources=(*current.sources, source), lines=by_owner((*current.lines, *lines)))
    return current


def _basis(then: Allocation) -> Basis | None:
    """What a period was closed on. Nothing, where it had no request: whatever came since is as good as anything."""
    return None if then.basis == "requests" and not then.requests else then.basis


def _spelling(closing: Closing) -> Spelling:
    return Spelling(by=closing.by, period=spans.options(closing.period, time_zone(closing.allocation.zone)))


def _adjusts(line: Line) -> bool:
    return line.kind == "adjustment"


def _sum(lines: Sequence[Line], owner: Owner) -> Decimal:
    return total(line.cost for line in lines if line.owner == owner)


def _differences(now: Sequence[Line], stated: Sequence[Line]) -> tuple[dict[Owner, Decimal], dict[Owner, Decimal]]:
    """Now less stated, by owner: exact costs, and amounts of statements."""
    costs: dict[Owner, Decimal] = defaultdict(Decimal)
    amounts: dict[Owner, Decimal] = defaultdict(Decimal)
    for operation, lines in ((EXACT.add, now), (EXACT.subtract, stated)):
        for line in lines:
            costs[line.owner] = operation(costs[line.owner], line.cost)
            amounts[line.owner] = operation(amounts[line.owner], line.amount)
    return costs, amounts
