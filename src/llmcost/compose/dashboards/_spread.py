"""How many customers cost how much: a histogram with bounds that people count in."""

from bisect import bisect_right
from collections.abc import Sequence
from decimal import Decimal

from llmcost.compose.dashboards._asking import Asking
from llmcost.reports.dashboard import Ask, Panel
from llmcost.reports.record import Column, Row

_MOST = 12
"""Bars at most."""
_COLUMNS = (
    Column(name="from", title="From", kind="money", role="key"),
    Column(name="to", title="Below", kind="money", role="key"),
    Column(name="customers", title="Customers", kind="count", role="metric"),
    Column(name="cost", title="Cost", kind="money", role="metric"),
)


def panel(asking: Asking) -> Panel:
    """Customers by what they cost in the period; those of unknown cost are left out."""
    answer = asking.grouped("customer_id", ["cost"])
    costs = sorted(
        Decimal(cost)
        for group in answer.groups
        if group.keys[0] is not None and (cost := group.values["cost"]) is not None
    )
    edges = bounds(costs)
    counts, sums = [0] * len(edges), [Decimal(0)] * len(edges)
    for cost in costs:
        place = bisect_right(edges, cost) - 1
        counts[place] += 1
        sums[place] += cost
    ends: list[Decimal | None] = [*edges[1:], *([None] if edges else [])]
    ask = Ask(by=("customer_id",), metrics=("cost",))
    return Panel(
        id="spread",
        title="Customers by cost",
        kind="histogram",
        about="How many customers cost how much in the period.",
        columns=_COLUMNS,
        rows=tuple(Row(cells=cells) for cells in zip(edges, ends, counts, sums, strict=True)),
        row_count=len(edges),
        command=asking.command(ask),
        measure="customers",
        empty="" if costs else "no customer here has a known cost",
    )


def bounds(costs: Sequence[Decimal]) -> list[Decimal]:
    """Lower bounds 0, then 1, 2, 5, 10, ... of whatever size it takes, the last at most the largest cost."""
    if not costs:
        return []
    largest = max(costs)
    if largest <= 0:
        return [Decimal(0)]
    found: list[Decimal] = []
    power = largest.adjusted()
    smallest = min((cost for cost in costs if cost > 0), default=largest)
    while len(found) < _MOST - 1:
        for digit in (5, 2, 1):
            bound = Decimal(digit).scaleb(power)
            if bound <= largest and len(found) < _MOST - 1:
                found.append(bound)
                if bound <= smallest:
                    return [*([Decimal(0)] if min(costs) < bound else []), *reversed(found)]
        power -= 1
    return [Decimal(0), *reversed(found)]
