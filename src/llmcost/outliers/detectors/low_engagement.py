"""Features that cost much and are used little, by the business events in the ledger.

A feature that makes a tenth of the cost or more and at most a quarter of that share of the events of some metric, with
thirty events or more to go by. The events are those a report of the same period and `--where` counts. A feature more than a
hundredth of whose requests have no known price, or are paid for by capacity or a subscription, is held against none: what it costs
is not known.
"""

from collections.abc import Iterator
from decimal import Decimal

from llmcost.ledger.keys import resolve
from llmcost.ledger.outcomes import breakdowns, missing_keys, outcome_sums
from llmcost.outliers.detector import Detector, NotEvaluable
from llmcost.outliers.finding import Finding, Query
from llmcost.outliers.traffic import Traffic, shares, where

_SQL = """
    with used as (
        select unnest($metrics) as metric, unnest($features) as feature, cast(unnest($events) as decimal(38, 6)) as events
    ),
    spent as (
        select
            feature, sum(cost) as cost, cast(sum(calls) as bigint) as calls, min(started_at) as since, max(started_at) as until
        from waste_row where feature is not null
        group by feature
        having sum(unpriced_calls + covered_calls) <= 0.01 * sum(calls)
    ),
    joined as (
        select metric, feature, coalesce(events, 0) as events, cost, calls, since, until
        from spent cross join (select distinct metric from used) left join used using (metric, feature)
    ),
    shared as (
        select *,
            sum(cost) over (partition by metric) as all_cost, sum(events) over (partition by metric) as all_events,
            count(*) over (partition by metric) as features,
            median(cost / nullif(events, 0)) over (partition by metric) as usual
        from joined
    )
    select *
    from shared
    where all_events >= 30 and all_cost > 0 and features >= 3
        and cost >= 0.1 * all_cost and events / all_events <= 0.25 * cost / all_cost
    order by cost desc, feature, metric
"""


def _find(traffic: Traffic) -> Iterator[Finding]:
    used = _used(traffic)
    query = Query(
        sql=_SQL,
        values={
            "metrics": [metric for metric, _, _ in used],
            "features": [feature for _, feature, _ in used],
            "events": [f"{events:f}" for _, _, events in used],
        },
    )
    told: set[str] = set()
    for row in traffic.ask(query):
        if row["feature"] in told or not traffic.material(row["cost"], row["calls"]):
            continue
        told.add(row["feature"])
        scope = (("feature", row["feature"]),)
        condition, values = where(scope)
        worth = Decimal(str(round(row["usual"] or 0, 12))) * row["events"]
        beyond = max(row["cost"] - worth, Decimal(0))
        savings, claims = shares(
            row["cost"],
            (Decimal(0), beyond / 2, beyond),
            "cost beyond what its events cost at the features' median: high all of it, mid half, low none",
            Query(sql=f"select rid, cost from waste_row where {condition}", values=values),
        )
        yield Finding(
            scope=scope,
            since=row["since"],
            until=row["until"],
            headline=f"{row['feature']} makes {row['cost'] / row['all_cost']:.0%} of the cost and {row['events'] / row['all_events']:.0%} of {row['metric']}",
            evidence={
                "metric": row["metric"],
                "events": float(row["events"]),
                "all_events": float(row["all_events"]),
                "cost_share": round(float(row["cost"] / row["all_cost"]), 4),
            },
            requests=row["calls"],
            cost=row["cost"],
            savings=savings,
            confidence="low",
            basis="what-if",
            todo="ask whether it is worth it; try a smaller model or a shorter answer there",
            verify=traffic.verify("report --by month", scope),
            query=query,
            claims=claims,
            caveats=("an event of one feature may be worth many of another",),
        )


def _used(traffic: Traffic) -> list[tuple[str, str, Decimal]]:
    """Metric, feature and events; NotEvaluable where no metric is given by feature and by what the traffic is narrowed to."""
    names = sorted({one.metric for one in breakdowns(traffic.connection)})
    if not names:
        raise NotEvaluable("the ledger has no outcomes: no business event tells who uses what")
    keys = [resolve(traffic.connection, "feature")]
    lacking = missing_keys(traffic.connection, traffic.selection, keys, names)
    if all(missing or missing is None for missing in lacking.values()):
        needed = sorted({key for missing in lacking.values() for key in missing or ()})
        why = f"outcomes do not say their {' or '.join(needed)}" if needed else "there are no outcomes in this period"
        raise NotEvaluable(why)
    sums = outcome_sums(traffic.connection, traffic.selection, keys, names)
    return [
        (name, values[0], events)
        for name, found in sums.items()
        for (values, _), events in found.items()
        if values[0] is not None
    ]


detector = Detector(
    title="a feature costs much and is used little", find=_find, overlap="none", needs=("feature",), ends=True
)
