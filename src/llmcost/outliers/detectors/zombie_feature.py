"""A feature its people have left and a clock still calls.

Five or more users once; since two weeks or longer only one caller, in step with a clock: nine of ten gaps within a
twentieth of the usual gap. Seen only where calls name a user.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from llmcost.outliers.detector import Detector, NotEvaluable
from llmcost.outliers.finding import Finding, Query, Savings
from llmcost.outliers.traffic import Traffic, shares, where

_FEWEST_CALLS = 10
_QUIET_DAYS = 14


def _find(traffic: Traffic) -> Iterator[Finding]:
    if traffic.task is None:
        raise NotEvaluable("no request has a value for endpoint, feature, prompt_name or workflow")
    if traffic.length.days < 2 * _QUIET_DAYS:
        raise NotEvaluable(f"it takes {2 * _QUIET_DAYS} days of traffic to say that people have left")
    query = _query(traffic.task)
    for row in traffic.ask(query):
        yield _finding(traffic, query, row, ((traffic.task, row["scope"]),))


def _query(task: str) -> Query:
    return Query(
        sql=f"""
        with caller as (
            select {task} as scope, user_id, max(started_at) as last_call
            from waste_row
            where {task} is not null and user_id is not null
            group by all
        ),
        feature as (
            select
                scope,
                count(*)                                              as users,
                arg_max(user_id, (last_call, user_id))                as last_user,
                list_sort(list(last_call), 'desc')[2]                 as others_left
            from caller
            group by scope
            having count(*) > 5
        ),
        tail as (
            select
                feature.*, rid, started_at, cost, calls, cost_status = 'unpriced' as unpriced,
                case when calls > 0 then
                    epoch_us(started_at) - lag(epoch_us(started_at)) over (partition by scope, calls order by started_at)
                end as gap
            from feature
            join waste_row on {task} = scope and started_at > others_left
        ),
        usual as (
            select *, median(gap) over (partition by scope) as usual_gap from tail
        )
        select
            scope, users, last_user, others_left,
            max(started_at)                                           as until,
            sum(calls)                                                as requests,
            case when not bool_and(unpriced) then sum(cost) end       as cost,
            max(usual_gap) / 3600e6                                   as hours_between,
            count(*) filter (where abs(gap - usual_gap) <= usual_gap * 0.05) / nullif(count(gap), 0) as in_step
        from usual
        group by scope, users, last_user, others_left
        having sum(calls) >= $calls
            and max(started_at) - others_left >= to_days($days)
            and in_step >= 0.9
        order by cost desc nulls last
        """,
        values={"calls": _FEWEST_CALLS, "days": _QUIET_DAYS},
    )


def _finding(traffic: Traffic, query: Query, row: dict[str, Any], scope: tuple[tuple[str, str | None], ...]) -> Finding:
    condition, values = where(scope)
    rows = Query(
        sql=f"select rid, cost from waste_row where {condition} and started_at > $others_left",
        values={**values, "others_left": row["others_left"]},
    )
    cost = row["cost"]
    # What nobody knows the price of is no saving of $0 either.
    savings, claims = (None, None) if cost is None else _savings(cost, rows)
    days = (row["until"] - row["others_left"]).days
    return Finding(
        scope=scope,
        since=row["others_left"],
        until=row["until"],
        headline=f"{scope[0][1]} has had no user for {days} days, yet {row['last_user']} calls it every {_span(row['hours_between'])}",
        evidence={
            "users_before": int(row["users"]) - 1,
            "last_seen_users": str(row["others_left"]),
            "caller": str(row["last_user"]),
            "calls_since": int(row["requests"]),
            "hours_between_calls": round(float(row["hours_between"]), 3),
            "calls_in_step": round(float(row["in_step"]), 4),
        },
        requests=int(row["requests"]),
        cost=cost,
        savings=savings,
        confidence="medium",
        basis="measured",
        todo="find the owner; switch the job off or acknowledge it",
        verify=traffic.verify("report --by week,user_id", scope),
        query=query,
        claims=claims,
        caveats=("a scheduled job may have readers the log does not show",),
    )


def _savings(cost: Decimal, rows: Query) -> tuple[Savings, Query]:
    formula = "cost since the people left; low 0 and mid half, until an owner confirms"
    return shares(cost, (Decimal(0), cost / 2, cost), formula, rows)


def _span(hours: float) -> str:
    return f"{hours:.0f} hours" if hours >= 1.5 else f"{hours * 60:.0f} minutes"


detector = Detector(
    title="people have left a feature, and a clock still calls it",
    find=_find,
    overlap="dead",
    needs=("user_id",),
    ends=True,
)
