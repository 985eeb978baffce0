"""What a change of plans means for each customer, and which of them need a word before it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from llmcost.tiers.rating import RATED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmcost.ledger.connection import Connection
    from llmcost.tiers.rating import Offer

SHOCK = Decimal(2)
"""Times today's bill, beyond which it is a shock."""
_PLANS = 100_000
"""More than a file has; a month and a plan in one number sort faster than a pair."""
NEAR = Decimal("0.9")
"""Share of a plan's quantity from which a customer is about to outgrow it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerResult:
    """One customer over all months."""

    customer: str
    months: int
    usage: Decimal
    cost: Decimal
    now_plan: str | None
    """In the last month."""
    now_revenue: Decimal | None
    """None where the plan of a month is unknown."""
    new_plan: str
    """In the last month."""
    new_revenue: Decimal
    path: tuple[str, ...]
    """The proposed plan of each month."""
    utilisation: Decimal | None
    """Of the plan's quantity, in the last month."""
    flags: tuple[str, ...]
    """below-cost-today, below-cost, bill-shock, near-boundary, upsell."""

    @property
    def margin(self) -> Decimal:
        """What is left of the proposed revenue."""
        return self.new_revenue - self.cost

    @property
    def change(self) -> Decimal | None:
        """What the customer pays more."""
        return None if self.now_revenue is None else self.new_revenue - self.now_revenue


def customer_results(connection: Connection, asked: Offer) -> tuple[CustomerResult, ...]:
    """Every customer, the one that loses us most first."""
    rows = connection.execute(
        f"""
        with sums as (
            select
                customer, count(*) as months, sum(usage) as usage, sum(cost) as cost, arg_max(now_plan, month) as now_plan,
                case when bool_and(now_plan is not null) then sum(now_bill) end as now_bill,
                arg_max(new_plan, month) as new_plan, sum(new_bill) as new_bill,
                list_sort(list((year(month) * 12 + month(month)) * {_PLANS} + new_plan)) as path, arg_max(usage, month) as last
            from {RATED} group by customer
        )
        select name, months, usage, cost, now_plan, now_bill, new_plan, new_bill, path, last
        from sums join customer using (customer)
        order by new_bill - cost, name
        """
    ).fetchall()
    meter = asked.meter
    sizes = [plan.covers.get(meter) for plan in asked.offered]
    return tuple(_result(asked, sizes, row) for row in rows)


def _result(asked: Offer, sizes: Sequence[Decimal | None], row: tuple[Any, ...]) -> CustomerResult:
    """`sizes` is how much each offered plan covers of the offer's meter."""
    name, months, usage, cost, now_plan, now, new_plan, new, path, last = row
    plan, size = asked.offered[new_plan], sizes[new_plan]
    utilisation = last / size if size else None
    flags = []
    if now is not None and now < cost:
        flags.append("below-cost-today")
    if new < cost:
        flags.append("below-cost")
    if now is not None and new > SHOCK * now:
        flags.append("bill-shock")
    if utilisation is not None and utilisation >= NEAR:
        flags.append("near-boundary")
        if any(other is None or size is None or other > size for place, other in enumerate(sizes) if place != new_plan):
            flags.append("upsell")
    today = asked.today.plans if asked.today is not None else ()
    return CustomerResult(
        customer=name,
        months=months,
        usage=usage,
        cost=cost,
        now_plan=None if now_plan is None else today[now_plan].id,
        now_revenue=now,
        new_plan=plan.id,
        new_revenue=new,
        path=tuple([asked.offered[number % _PLANS].id for number in path]),
        utilisation=utilisation,
        flags=tuple(flags),
    )
