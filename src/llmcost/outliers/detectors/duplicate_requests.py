"""The same prompt paid for again by the same caller.

Same means the prompt's hash, model, parameters and caller; prompts of fewer than 32 tokens ("hi") and calls that ask for
variety with a temperature above 0 do not count.
"""

from collections.abc import Iterator
from decimal import Decimal

from llmcost.outliers.detector import Detector
from llmcost.outliers.finding import Finding, Query
from llmcost.outliers.groups import grouped
from llmcost.outliers.traffic import Traffic

_QUERY = Query(
    sql="""
    select
        rid,
        started_at - lag(started_at) over same as gap,
        case when gap <= to_seconds(60) then cost else 0 end as low,
        case when gap <= to_seconds(3600) then cost else 0 end as mid,
        case when gap <= to_seconds(86400) then cost else 0 end as high
    from waste_row
    where prompt_hash is not null and calls > 0 and status = 'ok' and cost > 0 and input_tokens >= 32 and coalesce(temperature, 0) = 0
    window same as (
        partition by prompt_hash, model, max_output_tokens, user_id, session_id, customer_id, api_key_id
        order by started_at, row_key, part
    )
    qualify high > 0
    """
)


def _find(traffic: Traffic) -> Iterator[Finding]:
    by = traffic.by_task() or ["model"]
    more = {"prompts": "count(distinct prompt_hash)"}
    for group in grouped(traffic, "waste_duplicate", _QUERY, by, more):
        if not traffic.material(group.cost, group.requests):
            continue
        yield group.finding(
            headline=f"{group.requests:,} calls of {group.name} repeat one of {group.more['prompts']:,} prompts within a day",
            evidence={"repeats": group.requests, "repeated_prompts": group.more["prompts"], "repeat_cost": group.cost},
            formula="cost of repeats: low within a minute, mid within an hour, high within a day",
            confidence="high" if group.low >= group.high * Decimal("0.5") else "medium",
            basis="measured",
            todo="keep answers in the gateway's response cache, or find the loop that asks twice",
            verify=traffic.verify("report --by day,gateway_cached", group.scope),
            query=_QUERY,
            caveats=("samples, polling and evaluations repeat prompts on purpose", "an answer may have to be fresh"),
        )


detector = Detector(
    title="the same prompt is paid for again by the same caller",
    find=_find,
    overlap="duplicate",
    needs=("prompt_hash",),
)
