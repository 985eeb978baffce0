"""Users who spend more than $50 in a day. It may be money well spent; no saving is claimed."""

from collections.abc import Iterator
from decimal import Decimal

from llmcost.outliers.detector import Detector
from llmcost.outliers.finding import Finding, Query
from llmcost.outliers.traffic import Traffic

_A_DAY = Decimal(50)
_QUERY = Query(
    sql="""
    with daily as (
        select user_id, day, sum(cost) as cost, sum(calls) as requests, min(started_at) as since, max(started_at) as until
        from waste_row
        where user_id is not null
        group by user_id, day
        having sum(cost) > $a_day
    )
    select
        user_id, count(*) as days, sum(cost) as cost, max(cost) as most, cast(sum(requests) as bigint) as requests,
        min(since) as since, max(until) as until
    from daily
    group by user_id
    order by cost desc, user_id
    limit 20
    """,
    values={"a_day": _A_DAY},
)


def _find(traffic: Traffic) -> Iterator[Finding]:
    for row in traffic.ask(_QUERY):
        if row["requests"] < 2:
            continue
        scope = (("user_id", row["user_id"]),)
        days = "1 day" if row["days"] == 1 else f"{row['days']:,} days"
        yield Finding(
            scope=scope,
            since=row["since"],
            until=row["until"],
            headline=f"{row['user_id']} spent more than ${_A_DAY} a day on {days}, ${row['most']:,.2f} at most",
            evidence={"days_above": row["days"], "most_in_a_day": row["most"], "threshold": _A_DAY},
            requests=row["requests"],
            cost=row["cost"],
            confidence="high",
            basis="measured",
            todo="ask what it is for; give the user a daily budget",
            verify=traffic.verify("report --by day", scope),
            query=_QUERY,
            caveats=("a service account is many people", "a heavy user may be worth it"),
        )


detector = Detector(title="a user spends more than $50 a day", find=_find, needs=("user_id",))
