"""Long threads that carry all of their past along.

Features with at least ten threads of six turns or more, whose last prompt is usually four times the first and 8,000
tokens or more. What history cost already counts what was read from a cache at a fraction of the price.
"""

from collections.abc import Iterator

from llmcost.outliers.detector import Detector
from llmcost.outliers.finding import Finding, Query
from llmcost.outliers.groups import grouped
from llmcost.outliers.traffic import Traffic

_THREADS, _TURNS, _LAST, _TIMES = 10, 6, 8_000, 4
_KEPT = 4_000
_FORMULA = (
    "input cost, as paid, of what a prompt holds beyond 4,000 tokens: low 30 %, mid half, high three quarters of it"
)


def _find(traffic: Traffic) -> Iterator[Finding]:
    task = traffic.task or "cast(null as varchar)"
    query = Query(
        sql=f"""
        with thread as (
            select
                session_id, {task} as task, count(*) as turns,
                arg_min(input_tokens, (started_at, row_key, part)) as first_prompt,
                arg_max(input_tokens, (started_at, row_key, part)) as last_prompt
            from waste_row
            where session_id is not null and calls > 0 and status = 'ok' and input_tokens > 0
            group by all
            having count(*) >= $turns
        ),
        feature as (
            select task
            from thread
            group by task
            having count(*) >= $threads and median(last_prompt) >= $last
                and median(last_prompt / first_prompt) >= $times
        ),
        long_thread as (select session_id, task from thread semi join feature on thread.task is not distinct from feature.task)
        select
            rid,
            cast((input_cost + read_cost) * cast((input_tokens - $kept) / input_tokens as decimal(9, 8)) as decimal(18, 12)) as over_cost,
            cast(over_cost * 0.3 as decimal(18, 12)) as low, cast(over_cost * 0.5 as decimal(18, 12)) as mid,
            cast(over_cost * 0.75 as decimal(18, 12)) as high
        from waste_row
        semi join long_thread
            on waste_row.session_id = long_thread.session_id and {task} is not distinct from long_thread.task
        where input_tokens > $kept and calls > 0 and status = 'ok'
        """,
        values={"turns": _TURNS, "threads": _THREADS, "last": _LAST, "times": _TIMES, "kept": _KEPT},
    )
    by = traffic.by_task() or ["model"]
    more = {"threads": "count(distinct session_id)", "longest": "max(input_tokens)", "usual": "median(input_tokens)"}
    for group in grouped(traffic, "waste_context", query, by, more):
        if group.mid < traffic.floors.cost or not traffic.material(group.cost, group.requests):
            continue
        yield group.finding(
            headline=f"{group.more['threads']:,} threads of {group.name} carry their past along, up to {group.more['longest']:,} tokens a turn",
            evidence={
                "threads": group.more["threads"],
                "long_prompts": group.requests,
                "median_long_prompt": float(group.more["usual"]),
                "longest_prompt": int(group.more["longest"]),
            },
            formula=_FORMULA,
            confidence="low",
            basis="what-if",
            todo="summarise or drop old turns; begin a new thread where the topic changes",
            verify=traffic.verify("report --by week --metrics requests,average_input_tokens,cost", group.scope),
            query=query,
            caveats=("answers may need what is dropped", "shortening a cached thread writes the cache anew"),
        )


detector = Detector(
    title="long threads carry all of their past along", find=_find, overlap="context", needs=("session_id",)
)
