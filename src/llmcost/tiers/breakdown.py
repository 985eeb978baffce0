"""Revenue, cost and margin of a rated table: in all, by plan, and who moves where."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.tiers.rating import RATED

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection
    from llmcost.tiers.rating import Offer

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Economics:
    """What came in and what it took to serve."""

    revenue: Decimal
    cost: Decimal

    @property
    def margin(self) -> Decimal:
        """Revenue less cost to serve."""
        return self.revenue - self.cost

    @property
    def ratio(self) -> Decimal | None:
        """Margin as a share of revenue; None without revenue."""
        return self.margin / self.revenue if self.revenue else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanResult:
    """One proposed plan."""

    plan: str
    customers: int
    """On it in the last month."""
    customer_months: int
    economics: Economics
    overage: Decimal
    """Revenue beyond the plan's price."""
    included: Decimal | None
    """Of the simulation's meter."""
    used_p50: Decimal | None
    """Share of the included quantity half of its customer months stay within."""
    used_p90: Decimal | None
    break_even: Decimal | None
    """Quantity a month at which the plan's price pays for its customers' own average cost of a unit."""
    safe_included: Decimal | None
    """Largest quantity the price pays for even where a unit costs what only one in ten customer months exceeds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Customers that go from one plan to another."""

    month: str | None
    """The month they arrive in; None for today's plan to the proposed one."""
    source: str | None
    """None: no plan known."""
    target: str
    customers: int
    revenue: Decimal
    """What they then pay more, or less."""


def economics(connection: Connection) -> tuple[Economics | None, Economics, int]:
    """Today's, of customers whose plan is known throughout; the proposed; and how many customers' plan is unknown."""
    row = connection.execute(
        f"""
        with by_customer as (
            select sum(new_bill) as new, sum(cost) as cost, sum(now_bill) as now, bool_and(now_plan is not null) as known
            from {RATED} group by customer
        )
        select
            coalesce(sum(now) filter (where known), 0), coalesce(sum(cost) filter (where known), 0),
            sum(new), sum(cost), count(*) filter (where not known), count(*) filter (where known)
        from by_customer
        """
    ).fetchone() or (0, 0, 0, 0, 0, 0)
    now = Economics(revenue=Decimal(row[0]), cost=Decimal(row[1])) if row[5] else None
    return now, Economics(revenue=Decimal(row[2]), cost=Decimal(row[3])), int(row[4])


def plan_results(connection: Connection, asked: Offer) -> tuple[PlanResult, ...]:
    """The proposed plans in the order of their file."""
    rows = connection.execute(
        f"""
        select
            new_plan, count(*) filter (where month = (select max(month) from {RATED})), count(*), sum(new_bill), sum(cost),
            quantile_disc(usage, 0.5), quantile_disc(usage, 0.9), sum(usage),
            quantile_cont(cast(cost as double) / cast(usage as double), 0.9) filter (where usage > 0)
        from {RATED} group by new_plan
        """
    ).fetchall()
    found = {row[0]: row[1:] for row in rows}
    return tuple(_plan_result(asked, index, found.get(index)) for index in range(len(asked.offered)))


def _plan_result(asked: Offer, index: int, row: tuple[object, ...] | None) -> PlanResult:
    plan = asked.offered[index]
    included = plan.covers.get(asked.meter)
    if row is None:
        return PlanResult(
            plan=plan.id, customers=0, customer_months=0, economics=Economics(revenue=_ZERO, cost=_ZERO), overage=_ZERO,
            included=included, used_p50=None, used_p90=None, break_even=None, safe_included=None,
        )  # fmt: skip
    customers, months, revenue, cost, p50, p90, used, dear = (Decimal(str(value or 0)) for value in row)
    return PlanResult(
        plan=plan.id,
        customers=int(customers),
        customer_months=int(months),
        economics=Economics(revenue=revenue, cost=cost),
        overage=max(revenue - plan.price * months, _ZERO),
        included=included,
        used_p50=p50 / included if included else None,
        used_p90=p90 / included if included else None,
        break_even=_whole(plan.price * used / cost) if cost and plan.price else None,
        safe_included=_whole(plan.price / dear) if dear and plan.price else None,
    )


def _whole(quantity: Decimal) -> Decimal:
    return quantity.to_integral_value(rounding="ROUND_FLOOR")


def moves(connection: Connection, asked: Offer, *, between_months: bool) -> tuple[Move, ...]:
    """Who changes plans: month by month on the proposed plans, or from today's plan in the last month. Most customers first."""
    if between_months:
        source = f"""
            select strftime(month, '%Y-%m') as month, lag(new_plan) over each_customer as source, new_plan as target,
                new_bill - lag(new_bill) over each_customer as more, lag(month) over each_customer is not null as counted
            from {RATED} window each_customer as (partition by customer order by month)
        """
    elif asked.today is None:
        return ()
    else:
        source = f"""
            select null as month, now_plan as source, new_plan as target, new_bill - now_bill as more, true as counted
            from {RATED} where month = (select max(month) from {RATED})
        """
    rows = connection.execute(
        f"""
        select month, source, target, count(*) as customers, coalesce(sum(more), 0)
        from ({source}) where counted {"and source <> target" if between_months else ""}
        group by month, source, target order by month nulls first, customers desc, source, target
        """
    ).fetchall()
    before = asked.offered if between_months or asked.today is None else asked.today.plans
    return tuple(
        Move(
            month=month,
            source=None if source_ is None else before[source_].id,
            target=asked.offered[target].id,
            customers=count,
            revenue=Decimal(more),
        )
        for month, source_, target, count, more in rows
    )
