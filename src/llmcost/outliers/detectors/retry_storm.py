"""One call asked again and again while it keeps failing.

A storm is at least ten attempts of one caller on one model, each within two minutes of the one before, all of the same
prompt (its hash where the log has one, else its exact size of 32 tokens or more), of which at least a tenth failed.
Failed attempts that used nothing cost nothing and are counted as evidence only; without a hash they are taken for attempts
at the call before them. Storms too small to be told one by one are told together, by task and model.
"""

from collections.abc import Iterator
from typing import Any

from llmcost.outliers.detector import Detector, NotEvaluable
from llmcost.outliers.finding import Finding, Query, Savings, Value
from llmcost.outliers.traffic import Traffic, totals

_CALLERS = ("session_id", "trace_id", "user_id", "api_key_id")
_TABLE = "waste_retry"


def _find(traffic: Traffic) -> Iterator[Finding]:
    callers = [name for name in _CALLERS if name in traffic.present]
    if not callers:
        raise NotEvaluable(f"no request has a value for {', '.join(_CALLERS)}")
    task = traffic.task or "cast(null as varchar)"
    kind = " ".join(f"when {name} is not null then '{name}'" for name in callers)
    query = Query(sql=_SQL.format(caller=f"coalesce({', '.join(callers)})", kind=f"case {kind} end", task=task))
    traffic.keep(_TABLE, query)
    summed = Query(
        sql=f"""
        select
            storm, any_value(caller) as caller, any_value(kind) as kind, any_value(task) as task, any_value(model) as model,
            min(started_at) as since, max(started_at) as until,
            count(*) as attempts, count(*) filter (where failed) as failures, count(*) filter (where paid_place > 0) as paid,
            sum(cost) as cost, sum(low) as low, sum(mid) as mid, sum(high) as high
        from {_TABLE}
        group by storm
        order by mid desc, since
        """
    )
    for row in traffic.ask(summed):
        if row["mid"] >= traffic.floors.cost:
            yield _finding(traffic, query, row)
    for row in traffic.ask(_together(traffic)):
        if row["mid"] >= traffic.floors.cost and traffic.material(row["cost"], int(row["attempts"])):
            yield _many(traffic, query, row)


def _small(traffic: Traffic) -> Query:
    """The attempts of storms that no finding of their own tells."""
    return Query(
        sql=f"select * from {_TABLE} qualify sum(mid) over (partition by storm) < $floor",
        values={"floor": traffic.floors.cost},
    )


def _together(traffic: Traffic) -> Query:
    small = _small(traffic)
    return Query(
        sql=f"""
        select
            task, model, count(distinct storm) as storms, count(distinct caller) as callers,
            min(started_at) as since, max(started_at) as until,
            count(*) as attempts, count(*) filter (where failed) as failures, count(*) filter (where paid_place > 0) as paid,
            sum(cost) as cost, sum(low) as low, sum(mid) as mid, sum(high) as high
        from ({small.sql})
        group by task, model
        order by mid desc, task, model
        """,
        values=small.values,
    )


_SQL = """
with suspect as (
    select {caller} as caller, model, {task} as task
    from waste_row
    where calls > 0
    group by all
    having caller is not null and count(*) >= 10 and count(*) filter (where status = 'error') >= 1
),
attempt as (
    select
        rid, started_at, row_key, part, cost, status = 'error' as failed, {caller} as caller, {kind} as kind, model, {task} as task,
        -- Null where a failed call says nothing of its prompt, empty where a prompt is too short to be known by its size.
        case
            when prompt_hash is not null then prompt_hash
            when input_tokens >= 32 then cast(input_tokens as varchar)
            when input_tokens > 0 or status is distinct from 'error' then ''
        end as prompt
    from waste_row
    semi join suspect
        on {caller} = suspect.caller and waste_row.model is not distinct from suspect.model
        and {task} is not distinct from suspect.task
    where calls > 0
),
known as (
    select
        * replace (coalesce(
            prompt,
            last_value(prompt ignore nulls) over earlier,
            first_value(prompt ignore nulls) over later
        ) as prompt)
    from attempt
    window
        earlier as (partition by caller, model, task order by started_at, row_key, part rows between unbounded preceding and current row),
        later as (partition by caller, model, task order by started_at, row_key, part rows between current row and unbounded following)
),
stepped as (
    select
        *,
        coalesce(started_at - lag(started_at) over line > to_seconds(120), true)
            or prompt is distinct from lag(prompt) over line as begins
    from known
    where prompt is not null
    window line as (partition by caller, model, task order by started_at, row_key, part)
),
numbered as (
    select *, sum(cast(begins as integer)) over (order by caller, model, task, started_at, row_key, part) as storm from stepped
),
placed as (
    select
        *,
        case when cost > 0 then sum(cast(cost > 0 as integer)) over (partition by storm order by started_at, row_key, part) end as paid_place
    from numbered
    where prompt <> ''
    qualify count(*) over (partition by storm) >= 10
        and count(*) filter (where failed) over (partition by storm) * 10 >= count(*) over (partition by storm)
)
select
    rid, storm, caller, kind, model, task, started_at, failed, cost, paid_place,
    case when paid_place > 3 then cost else 0 end as low,
    case when paid_place > 1 then cost else 0 end as mid,
    case when paid_place > 1 then cost else 0 end as high
from placed
"""


def _finding(traffic: Traffic, query: Query, row: dict[str, Any]) -> Finding:
    scope = (
        *(((traffic.task, row["task"]),) if traffic.task and row["task"] else ()),
        ("model", row["model"]),
        (row["kind"], row["caller"]),
    )
    minutes = max(1, round((row["until"] - row["since"]).total_seconds() / 60))
    return _told(
        traffic,
        query,
        row,
        scope,
        occasion=row["since"].isoformat(),
        headline=f"{row['attempts']:,} attempts at the same call of {_name(row)} within {minutes:,} minutes, {row['failures']:,} of them failed",
        evidence={"minutes": minutes, "caller": row["caller"]},
        claims=Query(
            sql=f"select rid, low, mid, high from {_TABLE} where storm = $storm", values={"storm": row["storm"]}
        ),
    )


def _many(traffic: Traffic, query: Query, row: dict[str, Any]) -> Finding:
    small = _small(traffic)
    return _told(
        traffic,
        query,
        row,
        (*(((traffic.task, row["task"]),) if traffic.task and row["task"] else ()), ("model", row["model"])),
        headline=f"{row['storms']:,} storms of attempts at the same call of {_name(row)}: {row['attempts']:,} attempts, {row['failures']:,} of them failed",
        evidence={"storms": int(row["storms"]), "callers": int(row["callers"])},
        claims=Query(
            sql=f"""
            select rid, low, mid, high from ({small.sql})
            where task is not distinct from $task and model is not distinct from $model
            """,
            values={**small.values, "task": row["task"], "model": row["model"]},
        ),
    )


def _name(row: dict[str, Any]) -> str:
    return str(row["task"] or row["model"])


def _told(
    traffic: Traffic,
    query: Query,
    row: dict[str, Any],
    scope: tuple[tuple[str, str | None], ...],
    *,
    headline: str,
    evidence: dict[str, Value],
    claims: Query,
    occasion: str = "",
) -> Finding:
    low, mid, high = totals(row)
    return Finding(
        scope=scope,
        occasion=occasion,
        since=row["since"],
        until=row["until"],
        headline=headline,
        evidence={
            "attempts": int(row["attempts"]),
            "failed_attempts": int(row["failures"]),
            "paid_attempts": int(row["paid"]),
            **evidence,
        },
        requests=int(row["attempts"]),
        cost=row["cost"],
        savings=Savings(
            low=low,
            mid=mid,
            high=high,
            formula="paid attempts beyond the first; low beyond the third, for those who mean to retry twice",
        ),
        confidence="high" if "prompt_hash" in traffic.present else "medium",
        basis="measured",
        todo="cap attempts with backoff and a deadline longer than the model takes; limit requests per minute and caller",
        verify=traffic.verify("report --by hour,status --metrics requests,failed_requests", scope),
        query=query,
        claims=claims,
        caveats=(
            "polling and wanted repeats with the same prompt look alike",
            "without a prompt hash, same means the same size",
        ),
    )


detector = Detector(
    title="one failing call is asked again and again",
    find=_find,
    overlap="retry",
    # Sessions and traces are over; whoever comes next has others.
    moves=("session_id", "trace_id"),
)
