"""Prompts that differ in a few words, answered anew each time.

They are told by the tag `prompt_sketch` that the logger sends: 64 bits in hexadecimal, few of which differ where texts differ little
(a SimHash). Alike is at most three bits apart, as in Manku, Jain, Das Sarma, "Detecting near-duplicates for web crawling"
(https://research.google.com/pubs/archive/33026.pdf). Three differing bits leave two of five parts of a sketch alone, so only
sketches that share two parts are compared, each with the first that was seen.
"""

from collections.abc import Iterator
from itertools import combinations

from llmcost.outliers.detector import Detector, NotEvaluable
from llmcost.outliers.finding import Finding, Query
from llmcost.outliers.groups import grouped
from llmcost.outliers.traffic import Traffic

_PARTS = ((0, 13), (13, 13), (26, 13), (39, 13), (52, 12))
_MASKS = [sum((1 << size) - 1 << start for start, size in kept) for kept in combinations(_PARTS, 2)]
_SQL = """
with asked as (
    select rid, started_at, row_key, part, cost, model, {task} as task, prompt_sketch,
        coalesce(customer_id, user_id, api_key_id, session_id) as caller
    from waste_row
    where prompt_sketch is not null and calls > 0 and status = 'ok' and cost > 0 and input_tokens >= 32 and coalesce(temperature, 0) = 0
    -- Exact repeats are told by duplicate-requests.
    qualify prompt_hash is null or row_number() over (
        partition by prompt_hash, model, max_output_tokens, user_id, session_id, customer_id, api_key_id
        order by started_at, row_key, part
    ) = 1
),
sketch as (
    -- One number to order by: when it was first seen, then itself.
    select model, task, prompt_sketch, min(epoch_us(started_at))::hugeint * 18446744073709551616 + prompt_sketch as place
    from asked
    group by model, task, prompt_sketch
),
part as (
    select *, hash(model, task, mask, prompt_sketch & mask) as shared from sketch, (select unnest($masks::ubigint[]) as mask)
),
alike as (
    select shared, min(place) as first_place from part group by shared having count(*) > 1
),
named as (
    select model, task, prompt_sketch, min(first_place) as prompt
    from part join alike using (shared)
    where bit_count(xor(prompt_sketch, (first_place % 18446744073709551616)::ubigint)) <= 3
    group by all
),
likened as (
    select asked.*, coalesce(prompt, place) as prompt
    from asked
    join sketch
        on asked.prompt_sketch = sketch.prompt_sketch
        and asked.model is not distinct from sketch.model and asked.task is not distinct from sketch.task
    left join named
        on asked.prompt_sketch = named.prompt_sketch
        and asked.model is not distinct from named.model and asked.task is not distinct from named.task
),
repeated as (
    select
        *,
        started_at - lag(started_at) over (partition by model, task, prompt order by started_at, row_key, part) as gap,
        started_at - lag(started_at) over (partition by model, task, prompt, caller order by started_at, row_key, part) as own_gap
    from likened
    qualify count(*) over (partition by model, task, prompt) > 3
)
select
    rid, prompt, caller,
    case when caller is not null and own_gap <= to_seconds(3600) then cost else 0 end as low,
    case when gap <= to_seconds(86400) then cost else 0 end as high,
    low + (high - low) * 0.5 as mid
from repeated
where high > 0
"""


def _find(traffic: Traffic) -> Iterator[Finding]:
    if "prompt_sketch" not in traffic.present:
        raise NotEvaluable("no request has a tag prompt_sketch: log one beside each call")
    query = Query(sql=_SQL.format(task=traffic.task or "cast(null as varchar)"), values={"masks": _MASKS})
    by = traffic.by_task() or ["model"]
    more = {"prompts": "count(distinct prompt)", "callers": "count(distinct caller)"}
    for group in grouped(traffic, "waste_near_duplicate", query, by, more):
        if not traffic.material(group.cost, group.requests):
            continue
        yield group.finding(
            headline=f"{group.requests:,} calls of {group.name} word one of {group.more['prompts']:,} prompts of the day before nearly alike",
            evidence={
                "near_repeats": group.requests,
                "prompts": group.more["prompts"],
                "callers": group.more["callers"],
                "near_repeat_cost": group.cost,
            },
            formula="cost of calls worded like one of the day before; low only where the same customer asked within the hour, mid half way",
            confidence="low",
            basis="what-if",
            todo="read some of their answers side by side; where one would have done, keep answers in a semantic cache",
            verify=traffic.verify("report --by day,gateway_cached", group.scope),
            query=query,
            caveats=(
                "like words are not like meaning: a `not` is a few bits",
                "an answer may be personal, or have to be fresh; one customer's is not another's",
                "a sketch over fixed instructions makes every call look alike; it has to be over what the user wrote",
            ),
        )


detector = Detector(title="prompts differ in a few words and are answered anew", find=_find, overlap="duplicate")
