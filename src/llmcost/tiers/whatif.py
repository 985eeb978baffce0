"""The proposed plans under other circumstances: more use, dearer models, no cache, customers who leave."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.tiers.breakdown import Economics
from llmcost.tiers.rating import RATED, rated

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection
    from llmcost.tiers.rating import Offer

_STEPS = tuple(Decimal(text) for text in ("-0.5", "-0.25", "-0.1", "0.1", "0.25", "0.5"))
_GRID = tuple(Decimal(text) for text in ("0", "-0.3", "-0.6", "-1.2"))
_MIXED = Decimal("0.1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One circumstance changed, everything else as it was."""

    what: str
    """usage, model-price, mix or cache."""
    change: Decimal
    """As a share: 0.25 is 25 % more."""
    economics: Economics


@dataclass(frozen=True, slots=True, kw_only=True)
class Elasticity:
    """Customers who pay more stay with the probability (new bill / old bill) ** elasticity.

    Those who cost more than they pay are taken to stay, whatever they pay, so that nobody leaving is the best case.
    """

    elasticity: Decimal
    retained: Decimal
    """Share of customers that is expected to stay."""
    revenue: Decimal
    """Of those."""
    margin: Decimal


def scenarios(connection: Connection, asked: Offer) -> tuple[Scenario, ...]:
    """Usage and the prices of models 10, 25 and 50 % up and down; a tenth of use on the dearest mix; no cache."""
    found = []
    for step in _STEPS:
        row = connection.execute(
            f"select sum(new_bill), sum(cost) from ({rated(connection, asked, usage=1 + step)})"
        ).fetchone()
        found.append(_scenario("usage", step, row))
    # A bill computed from cost rises with the prices of models; any other is what it was.
    on_cost = any("cost" in (*plan.meters, *_weights(asked, plan.meters)) for plan in asked.offered)
    for step in _STEPS:
        dearer = f"({rated(connection, asked, price=1 + step)})" if on_cost else RATED
        factor = 1 if on_cost else 1 + step
        row = connection.execute(f"select sum(new_bill), sum(cost * {factor}) from {dearer}").fetchone()
        found.append(_scenario("model-price", step, row))
    row = connection.execute(
        f"""
        with dear as (
            select quantile_cont(cast(cost as double) / cast(usage as double), 0.9) as unit from {RATED} where usage > 0
        )
        select sum(new_bill), cast(sum(cost) * {1 - _MIXED} + {_MIXED} * sum(usage) * max(unit) as decimal(38, 12))
        from {RATED}, dear
        """
    ).fetchone()
    found.append(_scenario("mix", _MIXED, row))
    # What was read from a cache would have cost as much as the customer's other input did.
    row = connection.execute(
        f"""
        select sum(new_bill), sum(cost) + coalesce(cast(sum(
            case when uncached_input_tokens > 0 and cache_read_input_tokens > 0 then
                cast(cache_read_input_tokens as double) * cast(input_cost as double) / cast(uncached_input_tokens as double)
                - cast(cache_read_cost as double)
            end) as decimal(38, 12)), 0)
        from {RATED}
        """
    ).fetchone()
    found.append(_scenario("cache", Decimal(-1), row))
    return tuple(found)


def _weights(asked: Offer, meters: tuple[str, ...]) -> list[str]:
    return [leaf for name in meters for leaf in asked.proposed.meters.get(name, ())]


def _scenario(what: str, change: Decimal, row: tuple[object, ...] | None) -> Scenario:
    revenue, cost = row or (0, 0)
    return Scenario(
        what=what, change=change, economics=Economics(revenue=Decimal(str(revenue or 0)), cost=Decimal(str(cost or 0)))
    )


def elasticities(connection: Connection) -> tuple[Elasticity, ...]:
    """The margin of those who stay, from nobody leaves (an upper bound) to most do; none without today's bills."""
    connection.execute(
        f"""
        create or replace temp table customer_sum as
        select sum(new_bill) as new, sum(now_bill) as now, sum(cost) as cost from {RATED}
        group by customer having bool_and(now_plan is not null)
        """
    )
    found = []
    for value in _GRID:
        sums = "cast(sum(cast({column} as double) * stays) as decimal(38, 6))" if value else "sum({column})"
        row = connection.execute(
            f"""
            with kept as (
                select new - cost as margin, new as revenue,
                    case when new > now and now > 0 and new > cost
                        then pow(cast(new as double) / cast(now as double), {value}) else 1 end as stays
                from customer_sum
            )
            select cast(avg(stays) as decimal(18, 6)), {sums.format(column="revenue")}, {sums.format(column="margin")} from kept
            """
        ).fetchone()
        if row is not None and row[0] is not None:
            found.append(
                Elasticity(elasticity=value, retained=Decimal(row[0]), revenue=Decimal(row[1]), margin=Decimal(row[2]))
            )
    return tuple(found)
