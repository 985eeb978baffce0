"""A customer, user or key that is new and already large. It may be the best news of the month; no saving is claimed."""

from collections.abc import Iterator
from decimal import Decimal

from llmcost.outliers.detector import Detector, NotEvaluable
from llmcost.outliers.finding import Finding, Query
from llmcost.outliers.traffic import Traffic

_NEW_DAYS, _KNOWN_DAYS = 14, 28
_SHARE = Decimal("0.05")


def _find(traffic: Traffic) -> Iterator[Finding]:
    who = next((name for name in ("customer_id", "user_id", "api_key_id") if name in traffic.present), None)
    if who is None:
        raise NotEvaluable("no request has a value for customer_id, user_id or api_key_id")
    if traffic.length.days < _KNOWN_DAYS + _NEW_DAYS:
        raise NotEvaluable(f"it takes {_KNOWN_DAYS + _NEW_DAYS} days of traffic to say that somebody is new")
    query = Query(
        sql=f"""
        with recent as (select *, started_at >= $last - to_days($days) as fresh from waste_row)
        select
            {who} as who, min(started_at) as since, max(started_at) as until,
            cast(sum(calls) as bigint) as requests, sum(cost) as cost,
            (select coalesce(sum(cost), 0) from recent where fresh) as everybody
        from recent
        where {who} is not null
        group by {who}
        having bool_and(fresh)
        order by cost desc, who
        """,
        values={"last": traffic.last, "days": _NEW_DAYS},
    )
    for row in traffic.ask(query):
        if row["cost"] < _SHARE * row["everybody"] or not traffic.material(row["cost"], row["requests"]):
            continue
        scope = ((who, row["who"]),)
        yield Finding(
            scope=scope,
            since=row["since"],
            until=row["until"],
            headline=f"{row['who']} is new since {traffic.day_of(row['since'])} and makes {row['cost'] / row['everybody']:.0%} of the cost of the last {_NEW_DAYS} days",
            evidence={"requests": row["requests"], "cost_of_all": row["everybody"], "days": _NEW_DAYS},
            requests=row["requests"],
            cost=row["cost"],
            confidence="high",
            basis="measured",
            todo="check that it is meant to, and that it has a plan or a budget",
            verify=traffic.verify("report --by day", scope),
            query=query,
            caveats=("a new name for an old customer is new too", "a launch looks like this"),
        )


detector = Detector(title="somebody new is among the largest spenders", find=_find)
