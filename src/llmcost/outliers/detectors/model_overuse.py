"""A large model that mostly does small work.

Small work: at most 2,000 tokens in and 200 out, no reasoning. Where that is seven tenths of what a feature asks of a
model with a smaller sibling, those calls are priced again at the sibling. Whether it answers well enough is not in a log.
"""

from collections.abc import Iterator
from decimal import Decimal

from llmcost.outliers.candidates import smaller
from llmcost.outliers.detector import Detector
from llmcost.outliers.finding import Finding, Query
from llmcost.outliers.groups import grouped
from llmcost.outliers.swap import swapped
from llmcost.outliers.traffic import Traffic
from llmcost.stats.proportions import sample_size

_SHARE = 0.7
_ANSWERED = "operation in ('chat', 'text_completion') and calls > 0 and status = 'ok' and output_tokens > 0"
_FORMULA = (
    "own tokens at the smaller model's price: low half of the calls moved and 5 % of those asked of both, "
    "mid all moved and 20 % asked of both, high all moved"
)
_SAVED = Query(
    sql="""
    select
        rid, other,
        least(0.5 * (was * 0.95 - other), greatest(was * 0.8 - other, 0)) as low,
        greatest(was * 0.8 - other, 0)              as mid,
        was - other                                 as high
    from waste_smaller
    where other < was
    """
)


def _find(traffic: Traffic) -> Iterator[Finding]:
    task = traffic.task or "cast(null as varchar)"
    simple = "input_tokens <= 2000 and output_tokens <= 200 and reasoning_tokens = 0"
    query = Query(
        sql=f"""
        select {task} as task, model,
            count(*) as calls, count(*) filter (where {simple}) as simple,
            sum(cost) filter (where {simple}) as cost
        from waste_row
        where {_ANSWERED} and cost > 0 and model is not null
        group by all
        """
    )
    chosen = [
        (row, target)
        for row in traffic.ask(query)
        if row["simple"] >= _SHARE * row["calls"]
        and traffic.material(row["cost"] or Decimal(0), row["simple"])
        and (target := smaller(row["model"])) is not None
    ]
    if not chosen:
        return
    tasks, models, targets = (
        [*each] for each in zip(*((row["task"], row["model"], target) for row, target in chosen), strict=True)
    )
    rows = Query(
        sql=f"""
        select rid, target
        from waste_row
        join (select unnest(cast($tasks as varchar[])) as wanted_task, unnest(cast($models as varchar[])) as wanted_model,
            unnest(cast($targets as varchar[])) as target)
            on wanted_model = model and wanted_task is not distinct from {task}
        where {_ANSWERED} and {simple}
        """,
        values={"tasks": tasks, "models": models, "targets": targets},
    )
    swapped(traffic, "waste_smaller", rows, {"request_model": "chosen.target", "response_model": "null"})
    by = [*traffic.by_task(), "model"]
    more = {"other": "sum(other)", "median_input": "median(input_tokens)", "median_output": "median(output_tokens)"}
    shares = {(row["task"], row["model"]): (row["simple"] / row["calls"], target) for row, target in chosen}
    for group in grouped(traffic, "waste_overuse", _SAVED, by, more):
        scope = dict(group.scope)
        share, target = shares[scope.get(traffic.task) if traffic.task else None, str(scope["model"])]
        if group.mid < traffic.floors.cost:
            continue
        judged = sample_size(0.05)
        yield group.finding(
            headline=f"{share:.0%} of the calls of {group.name} on {scope['model']} are small: {group.more['median_input']:,.0f} tokens in, {group.more['median_output']:,.0f} out",
            evidence={
                "simple_calls": group.requests,
                "simple_share": round(share, 4),
                "candidate": target,
                "candidate_cost": group.more["other"],
                "sample_for_test": judged,
            },
            formula=_FORMULA,
            confidence="low",
            basis="what-if",
            todo=f"judge {judged} answers of {target} beside the present ones (known to 5 points), then route simple calls there",
            verify=traffic.verify(f"savings whatif --swap {scope['model']}={target}", group.scope),
            query=query,
            caveats=(
                "a short answer can be a hard one: quality is not in the log",
                "another model may count tokens differently",
            ),
        )


detector = Detector(
    title="a large model mostly does small work",
    find=_find,
    overlap="routing",
    moves=("model",),
    # What is asked and answered is as long elsewhere; another model may think about it, and that is part of its price.
    calls=f"{_ANSWERED} and input_tokens <= 2000 and output_tokens - reasoning_tokens <= 200",
)
