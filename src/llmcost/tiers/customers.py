"""What a change of plans means for each customer, and which of them need a word before it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.tiers.rating import RATED

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection
    from llmcost.tiers.rating import Offer

SHOCK = Decimal(2)
"""Times today's bill, beyond which it is a shock."""
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
        with names as (select distinct customer, name from customer_month)
        select
            any_value(name), count(*), sum(usage), sum(cost), last(now_plan order by month),
            case when bool_and(now_plan is not null) then sum(now_bill) end, last(new_plan order by month),
            sum(new_bill), list(new_plan order by month), last(usage order by month)
        from {RATED} join names using (customer)
        group by customer
        order by sum(new_bill) - sum(cost), customer
        """
    ).fetchall()
    return tuple(_result(asked, row) for row in rows)


def _result(asked: Offer, row: tuple[object, ...]) -> CustomerResult:
    name, months, usage, cost, now_plan, now_revenue, new_plan, new_revenue, path, last = row
    ids = [plan.id for plan in asked.offered]
    plan = asked.offered[int(str(new_plan))]
    size = plan.covers.get(asked.meter)
    utilisation = Decimal(str(last)) / size if size else None
    now = None if now_revenue is None else Decimal(str(now_revenue))
    new, spent = Decimal(str(new_revenue)), Decimal(str(cost))
    flags = []
    if now is not None and now < spent:
        flags.append("below-cost-today")
    if new < spent:
        flags.append("below-cost")
    if now is not None and new > SHOCK * now:
        flags.append("bill-shock")
    if utilisation is not None and utilisation >= NEAR:
        flags.append("near-boundary")
        larger = [one.covers.get(asked.meter) for one in asked.offered if one is not plan]
        if any(other is None or size is None or other > size for other in larger):
            flags.append("upsell")
    today = asked.today.plans if asked.today is not None else ()
    return CustomerResult(
        customer=str(name),
        months=int(str(months)),
        usage=Decimal(str(usage)),
        cost=spent,
        now_plan=None if now_plan is None else today[int(str(now_plan))].id,
        now_revenue=now,
        new_plan=plan.id,
        new_revenue=new,
        path=tuple(ids[number] for number in path) if isinstance(path, list) else (),
        utilisation=utilisation,
        flags=tuple(flags),
    )
