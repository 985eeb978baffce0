"""Every customer and month of the ledger rated on today's plan and on the proposed ones, in one table."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.domain.errors import UsageError
from llmcost.domain.text import nearest
from llmcost.ledger.customers import ALWAYS, METERS, TABLE, Population, column_places, column_type, load_customers
from llmcost.ledger.identifiers import quote_identifier
from llmcost.ledger.metrics import metric, metric_names
from llmcost.tiers.choosing import Policy, chosen, named, of_plan
from llmcost.tiers.exact import exact, exact_column, total
from llmcost.tiers.sql import rank_column, with_bill

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llmcost.ledger.composition import Selection
    from llmcost.ledger.connection import Connection
    from llmcost.tiers.exact import Exact
    from llmcost.tiers.plan import Measure, Plan, Plans

RATED = "rated_month"
"""The temporary table: customer, month, cost, usage, now_plan, now_bill, new_plan, new_bill."""
_ONE = Decimal(1)
_WEIGHTED_PLACES = 12
"""Decimals of a weighted quantity where it is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What is compared."""

    proposed: Plans
    offered: tuple[Plan, ...]
    """Of the proposed file, those a customer can be on."""
    today: Plans | None
    policy: Policy

    @property
    def plans(self) -> list[tuple[Plans, Plan]]:
        """Every plan that is compared, with its file."""
        found = [(self.proposed, plan) for plan in self.offered]
        return found if self.today is None else [*found, *[(self.today, plan) for plan in self.today.plans]]

    @property
    def meter(self) -> str:
        """The meter most of the offered plans are about."""
        counts = Counter(meter for plan in self.offered for meter in {*plan.covers, *(c.meter for c in plan.charges)})
        return min(counts, key=lambda name: (-counts[name], name)) if counts else "total"


def offer(proposed: Plans, today: Plans | None, current: str | None, policy: Policy) -> Offer:
    """What to compare: `today` is another file; `current` a plan of the same one, which then is no longer offered.

    Raises UsageError when no plan is left to offer, or there is no plan of that id.
    """
    current = current or (proposed.current if today is None else None)
    if current is not None:
        found = (today or proposed).plan(current)
        if found is None:
            ids = [plan.id for plan in (today or proposed).plans]
            raise UsageError(
                f"no plan has the id {current!r}", hint=nearest(current, ids) or f"plans: {', '.join(ids)}"
            )
        today = replace(today or proposed, current=current, plans=(found,) if today is None else today.plans)
    elif today is not None and today.current is None and len(today.plans) == 1:
        today = replace(today, current=today.plans[0].id)
    elif today is None and proposed.assign and policy != "assigned":
        today = proposed
    same_file = today is not None and today.path == proposed.path and current is not None
    offered = tuple(plan for plan in proposed.plans if not (same_file and plan.id == current))
    if not offered:
        raise UsageError("no plan is left to propose", hint="add plans beside the current one")
    return Offer(proposed=proposed, offered=offered, today=today, policy=policy)


def load(connection: Connection, selection: Selection, asked: Offer) -> Population:
    """Read the ledger's customers, with every meter the plans need.

    UsageError for a meter the ledger does not have, a plan that is not by the month, and a charge that takes every transaction.
    """
    for file, plan in asked.plans:
        if plan.period != "month":
            # Its price could be spread over months; what it includes, its tiers and its bounds hold for the whole period.
            raise UsageError(
                f"{file.path}: the period of {plan.id} is a {plan.period}, and months are rated",
                hint="write price, quantities and bounds of a month; `tiers rate` takes any period",
            )
        for charge in plan.charges:
            if charge.by_transaction:
                raise UsageError(
                    f"{plan.id} bounds each transaction of {charge.name}, and only sums of a month are known",
                    hint="`minimum` and `maximum` of the charge bound the month; `tiers rate` takes transactions",
                )
    return load_customers(connection, selection, _metrics(asked))


def _metrics(asked: Offer) -> list[str]:
    """The ledger's metrics behind every meter, sorted."""
    found = {_metric(name) for file, plan in asked.plans for name in _leaves(file, plan)}
    return sorted(found | {_metric(name) for name in asked.proposed.meters.get(asked.meter, (asked.meter,))})


def rate(connection: Connection, asked: Offer, *, table: str = RATED) -> None:
    """Fill the table with bills; `load` has read the ledger. UsageError where a bill takes more than 38 digits."""
    _assignments(connection, asked)
    connection.execute(f"create or replace temp table {table} as {rated(connection, asked)}")


def rated(connection: Connection, asked: Offer, *, usage: Decimal = _ONE, price: Decimal = _ONE) -> str:
    """SQL of the rated table, with every quantity times `usage`, and cost times `usage` and `price`; UsageError as above."""
    try:
        return _rated(connection, asked, usage, price)
    except OverflowError:
        raise UsageError(
            f"{asked.proposed.path}: a bill takes more digits than a simulation has",
            hint="give prices, shares and weights fewer decimals, or round each line",
        ) from None


def _rated(connection: Connection, asked: Offer, usage: Decimal, price: Decimal) -> str:
    source = f"select * from {TABLE}"
    if (usage, price) != (_ONE, _ONE):
        scaled = {name: usage * price if name == "cost" else usage for name in (*ALWAYS, *_metrics(asked))}
        columns = ", ".join(f"{name} * {factor} as {name}" for name, factor in scaled.items())
        source = f"select * replace ({columns}) from {TABLE}"
    found = _quantities(connection, source, _metrics(asked))
    columns = ", ".join(["*", *(f"{_efficiency(one)} as {rank_column(one)}" for one in _measures(asked))])
    source = f"select {columns} from ({source}) left join customer_plan using (customer)"
    today = () if asked.today is None else asked.today.plans
    bills: dict[str, list[str]] = {"now": [], "new": []}
    for kind, file, plans in (("now", asked.today, today), ("new", asked.proposed, asked.offered)):
        for index, plan in enumerate(plans):
            if file is not None:
                name = f"{kind}_{index}"
                source = with_bill(source, plan, file.rounding, _meters(file, plan, found), name)
                bills[kind].append(name)
    now_plan, now_bill = "cast(null as integer)", "cast(null as decimal(38, 18))"
    if asked.today is not None:
        default = next((str(i) for i, plan in enumerate(today) if plan.id == asked.today.current), "null")
        now_plan = f"coalesce(assigned_now, {named(today, 'plan')}, {default})"
        now_bill = of_plan(bills["now"], "now_plan")
    meters_of = [_meters(asked.proposed, plan, found) for plan in asked.offered]
    source = f"""
        select *, {now_plan} as now_plan, coalesce(assigned_new, {named(asked.offered, "plan")}) as assigned_to,
            {_usage(asked, found)} as usage
        from ({source})
    """
    source = f"select *, {chosen(asked.offered, bills['new'], asked.policy, meters_of)} as new_plan from ({source})"
    return f"""
        select customer, month, cast(cost as decimal(38, 18)) as cost, usage, uncached_input_tokens, cache_read_input_tokens,
            input_cost, cache_read_cost, requests, now_plan, {now_bill} as now_bill, new_plan, {of_plan(bills["new"], "new_plan")} as new_bill
        from ({source})
    """


def _quantities(connection: Connection, source: str, names: Sequence[str]) -> dict[str, Exact]:
    """The metrics of `source` as numbers that know how large they get."""
    columns = {name: f"cast({quote_identifier(name)} as {column_type(name)})" for name in names}
    ends = ", ".join(f"coalesce(min({sql}), 0), coalesce(max({sql}), 0)" for sql in columns.values())
    row = connection.execute(f"select {ends} from ({source})").fetchone() or ()
    return {
        name: exact_column(sql, column_places(name), low, high)
        for (name, sql), low, high in zip(columns.items(), row[::2], row[1::2], strict=True)
    }


def _meters(file: Plans, plan: Plan, found: Mapping[str, Exact]) -> dict[str, Exact]:
    """The quantity of each meter of a plan."""
    return {name: _meter(file, name, found) for name in plan.meters}


def _meter(file: Plans, name: str, found: Mapping[str, Exact]) -> Exact:
    weights = file.meters.get(name)
    if weights is None:
        return found[_metric(name)]
    return total(found[_metric(meter)] * exact(weight) for meter, weight in weights.items())


def _usage(asked: Offer, found: Mapping[str, Exact]) -> str:
    """The quantity of the meter the offer is about."""
    weighted = asked.meter in asked.proposed.meters
    places = _WEIGHTED_PLACES if weighted else column_places(_metric(asked.meter))
    return _meter(asked.proposed, asked.meter, found).decimal(places)


def _leaves(file: Plans, plan: Plan) -> list[str]:
    """The meters of a plan without those that are weighted."""
    return [leaf for name in plan.meters for leaf in file.meters.get(name, (name,))]


def _metric(meter: str) -> str:
    name = METERS.get(meter, meter)
    if name not in metric_names() or not metric(name).additive:
        known = [*METERS, *(one for one in metric_names() if metric(one).additive)]
        raise UsageError(
            f"the ledger has no meter {meter!r}",
            hint=nearest(meter, known)
            or f"use {', '.join(METERS)}, an additive metric, or a weighted one of `meters:`",
        )
    return name


def _measures(asked: Offer) -> list[Measure]:
    """What the plans measure efficiency by."""
    return sorted({plan.efficiency.measure for _, plan in asked.plans if plan.efficiency is not None})


def _efficiency(measure: Measure) -> str:
    """The share of that month's customers that are less efficient; null, and no part of the shares, where it is not known."""
    top, known = {
        # The cost of a call without a price is unknown, and not 0.
        "cost_per_request": ("cost", "requests > 0 and unpriced = 0"),
        "tokens_per_request": ("total_tokens", "requests > 0"),
    }[measure]
    ratio = f"cast({top} as double) / nullif(cast(requests as double), 0)"
    return f"case when {known} then percent_rank() over (partition by month, {known} order by {ratio} desc) end"


def _assignments(connection: Connection, asked: Offer) -> None:
    """A table of the plans customers are assigned, by number in their file."""
    now = {} if asked.today is None else _numbers(asked.today.plans, asked.today)
    new = _numbers(asked.offered, asked.proposed)
    names = sorted({*now, *new})
    connection.execute(
        """
        create or replace temp table customer_plan as
        select customer, assigned_now, assigned_new
        from customer join (
            select
                unnest(cast($names as varchar[])) as name,
                unnest(cast($now as integer[])) as assigned_now,
                unnest(cast($new as integer[])) as assigned_new
        ) using (name)
        """,
        {"names": names, "now": [now.get(name) for name in names], "new": [new.get(name) for name in names]},
    )


def _numbers(plans: Sequence[Plan], file: Plans) -> dict[str, int]:
    ids = {plan.id: index for index, plan in enumerate(plans)}
    return {customer: ids[id_] for customer, id_ in file.assign.items() if id_ in ids}
