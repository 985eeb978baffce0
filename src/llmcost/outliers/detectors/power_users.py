"""A twentieth of the users who make at least half of the cost. Concentration is exposure, not waste: no saving is claimed."""

from collections.abc import Iterator
from decimal import Decimal

from llmcost.domain.text import plural
from llmcost.outliers.detector import Detector, NotEvaluable
from llmcost.outliers.finding import Finding, Query
from llmcost.outliers.traffic import Traffic

_FEWEST_USERS = 20
_SHARE = Decimal("0.5")
_QUERY = Query(
    sql="""
    with person as (
        select
            user_id,
            sum(cost)                                          as cost,
            sum(calls)                                         as requests,
            min(started_at)                                    as since,
            max(started_at)                                    as until,
            row_number() over (order by sum(cost) desc, user_id) as place,
            count(*) over ()                                   as users
        from waste_row
        where user_id is not null
        group by user_id
    )
    select
        max(users)                                             as users,
        count(*) filter (where place <= ceil(users / 20.0))    as top_users,
        sum(cost)                                              as cost,
        sum(cost) filter (where place <= ceil(users / 20.0))   as top_cost,
        sum(requests) filter (where place <= ceil(users / 20.0)) as top_requests,
        quantile_cont(cast(cost as double), 0.95)              as p95,
        median(cost)                                           as median,
        min(since)                                             as since,
        max(until)                                             as until,
        arg_min(user_id, place)                                as first_user,
        max(cost)                                              as first_cost,
        string_agg(user_id, ', ' order by place) filter (where place <= 3) as names
    from person
    """
)


def _find(traffic: Traffic) -> Iterator[Finding]:
    row = traffic.ask(_QUERY)[0]
    users, cost = int(row["users"] or 0), row["cost"]
    if users < _FEWEST_USERS:
        known = plural(users, "user is", "users are")
        raise NotEvaluable(f"{known} too few to speak of the top twentieth; it takes {_FEWEST_USERS}")
    share = row["top_cost"] / cost if cost else Decimal(0)
    if share < _SHARE or not traffic.material(row["top_cost"], int(row["top_requests"])):
        return
    yield Finding(
        scope=(),
        since=row["since"],
        until=row["until"],
        headline=f"{row['top_users']} of {users} users (the top 5%) make {share:.0%} of the cost that has a user",
        evidence={
            "users": users,
            "top_users": int(row["top_users"]),
            "top_share": share.quantize(Decimal("0.0001")),
            "attributed_cost": cost,
            "median_user_cost": row["median"],
            "largest_user": row["first_user"],
            "largest_user_cost": row["first_cost"],
            "largest_users": row["names"],
        },
        requests=int(row["top_requests"]),
        cost=row["top_cost"],
        confidence="high",
        basis="measured",
        todo="compare them with what they pay; set a quota or a plan with overage where it does not cover them",
        verify=traffic.verify("report --by user_id --top 20"),
        query=_QUERY,
        caveats=("service accounts and paying heavy users are meant to be large",),
    )


detector = Detector(title="the top twentieth of the users makes half of the cost", find=_find, needs=("user_id",))
