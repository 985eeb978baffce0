"""How many customers cost how much: a histogram with bounds that people count in."""

from decimal import Decimal

from llmcost.compose.dashboards._asking import Asking
from llmcost.ledger import spread
from llmcost.ledger.spread import Extent
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
    key = asking.key("customer_id")
    extent = spread.extent(asking.connection, asking.selection, key)
    edges = [] if extent is None else bounds(extent)
    counted = spread.counted(asking.connection, asking.selection, key, edges) if edges else []
    ends = [*edges[1:], None]
    ask = Ask(by=("customer_id",), metrics=("cost",))
    return Panel(
        id="spread",
        title="Customers by cost",
        kind="histogram",
        about="How many customers cost how much in the period.",
        columns=_COLUMNS,
        rows=tuple(
            Row(cells=(start, end, number, cost))
            for start, end, (number, cost) in zip(edges, ends, counted, strict=False)
        ),
        row_count=len(edges),
        command=asking.command(ask),
        measure="customers",
        empty="" if edges else "no customer here has a known cost",
    )


def bounds(extent: Extent) -> list[Decimal]:
    """Lower bounds 0, then 1, 2, 5, 10, ... of whatever size it takes, the last at most the largest cost."""
    found: list[Decimal] = []
    if extent.least_positive is None:
        return [Decimal(0)]
    power = extent.most.adjusted()
    while len(found) < _MOST - 1:
        for digit in (5, 2, 1):
            bound = Decimal(digit).scaleb(power)
            if bound <= extent.most and len(found) < _MOST - 1:
                found.append(bound)
                if bound <= extent.least_positive:
                    return [*([Decimal(0)] if extent.least < bound else []), *reversed(found)]
        power -= 1
    return [Decimal(0), *reversed(found)]
