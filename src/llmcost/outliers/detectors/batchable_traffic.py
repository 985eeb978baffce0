"""Jobs that run by themselves at full price, where a provider's batch offer would do.

A job: one caller makes nine tenths of a feature's calls, on five days or more, at least twenty a day, within four hours of
the day. Its calls are priced again as a batch; a model without a batch price is left out.
"""

from collections.abc import Iterator
from decimal import Decimal

from llmcost.outliers.detector import Detector, NotEvaluable
from llmcost.outliers.finding import Finding, Query
from llmcost.outliers.groups import grouped
from llmcost.outliers.swap import swapped
from llmcost.outliers.traffic import Traffic, shares, where

_SAVED = Query(sql="select rid, other, 0 as low, 0 as mid, was - other as high from waste_batched where other < was")


def _find(traffic: Traffic) -> Iterator[Finding]:
    callers = [name for name in ("user_id", "api_key_id") if name in traffic.present]
    if traffic.task is None or not callers:
        raise NotEvaluable("it takes what calls are for, and a user or key that makes them")
    task = traffic.task
    rows = Query(
        sql=f"""
        with caller as (
            select {task} as task, coalesce({", ".join(callers)}) as caller, count(*) as calls
            from waste_row where {task} is not null and calls > 0
            group by all
        ),
        alone as (
            select task, arg_max(caller, calls) as caller
            from caller group by task
            having max(calls) >= 0.9 * sum(calls)
        ),
        a_day as (
            select task, day, count(*) as calls, max(hour) - min(hour) as hours
            from waste_row join alone on {task} = task and coalesce({", ".join(callers)}) = caller
            where calls > 0
            group by all
        ),
        job as (
            select task from a_day group by task
            having count(*) >= 5 and median(calls) >= 20 and median(hours) <= 4
        )
        select rid
        from waste_row semi join job on {task} = job.task
        where processing = 'standard' and status = 'ok' and operation in ('chat', 'text_completion', 'embeddings')
        """
    )
    swapped(traffic, "waste_batched", rows, {"processing": "'batch'"})
    for group in grouped(
        traffic, "waste_batchable", _SAVED, [task, "model"], {"other": "sum(other)", "days": "count(distinct day)"}
    ):
        if group.high < traffic.floors.cost or group.requests < traffic.floors.requests:
            continue
        condition, values = where(group.scope)
        savings, claims = shares(
            group.cost,
            (group.high / 2, group.high * Decimal("0.9"), group.high),
            "cost as paid, less the cost as a batch: high for all calls, mid nine tenths, low half of them",
            Query(sql=f"select rid, cost from waste_batchable where {condition}", values=values),
        )
        yield Finding(
            scope=group.scope,
            since=group.since,
            until=group.until,
            headline=f"{group.name} runs as a job on {group.more['days']} days and pays the price of an answer at once",
            evidence={"calls": group.requests, "days": group.more["days"], "cost_as_batch": group.more["other"]},
            requests=group.requests,
            cost=group.cost,
            savings=savings,
            confidence="medium",
            basis="what-if",
            todo="send it through the provider's batch API, if its results may take up to a day",
            verify=traffic.verify("report --by processing,week", group.scope),
            query=rows,
            claims=claims,
            caveats=("a job that feeds another within the hour cannot wait", "a batch may not share a prompt cache"),
        )


detector = Detector(title="a job pays full price where a batch would do", find=_find, overlap="tier")
