"""Prompts just past the size from which all of them is dearer.

Where a model's price rises with the size of the prompt, calls up to a quarter past the limit are priced again as if they had
stayed below it.
"""

from collections.abc import Iterator

from llmcost.outliers.detector import Detector
from llmcost.outliers.finding import Finding, Query
from llmcost.outliers.groups import grouped
from llmcost.outliers.swap import swapped
from llmcost.outliers.traffic import Traffic
from llmcost.pricing.rating import RATE_TABLE

_SMALLEST = 100_000
"""No price list has a limit below."""


def _find(traffic: Traffic) -> Iterator[Finding]:
    long_prompts = (
        f"select rid, cast(0 as bigint) as cut from waste_row where input_tokens >= {_SMALLEST} and uncached_tokens > 0"
    )
    if not traffic.ask(Query(sql=f"select 1 as found from ({long_prompts}) limit 1")):
        return
    # Rating them as they are leaves the limits of their models in the table of rates.
    swapped(traffic, "waste_long", Query(sql=long_prompts), {})
    traffic.keep(
        "waste_limit",
        Query(sql=f"select distinct model, prompt_from from {RATE_TABLE} where prompt_from >= {_SMALLEST}"),
    )
    rows = Query(
        sql="""
        select rid, max(prompt_from) - 1 as crossed, max(input_tokens - prompt_from + 1) as cut
        from waste_row
        join (select *, split_part(model, '/', -1) as name from waste_limit) as prices
            on waste_row.model = prices.model or waste_row.model = prices.name
        where input_tokens >= prompt_from and input_tokens <= (prompt_from - 1) * 1.25
            and uncached_tokens >= input_tokens - prompt_from + 1
        group by rid
        """
    )
    swapped(traffic, "waste_below", rows, {"uncached_input_tokens": "request.uncached_input_tokens - chosen.cut"})
    saved = Query(
        sql=f"""
        select rid, crossed, case when cut <= crossed * 0.1 then was - other else 0 end as low,
            case when cut <= crossed * 0.15 then was - other else 0 end as mid,
            case when cut <= crossed * 0.2 then was - other else 0 end as high
        from waste_below join ({rows.sql}) using (rid)
        where other < was
        """
    )
    by = [*traffic.by_task(), "model"]
    for group in grouped(traffic, "waste_crossing", saved, by, {"crossed": "min(crossed)"}):
        if group.requests < traffic.floors.requests or group.mid < traffic.floors.cost:
            continue
        yield group.finding(
            headline=f"{group.requests:,} prompts of {group.name} are just past {group.more['crossed']:,} tokens, where the price of all of them rises",
            evidence={"prompts": group.requests, "limit_tokens": int(group.more["crossed"])},
            formula="cost as paid, less the cost cut to the limit: high up to 20 % past it, mid 15 %, low 10 %",
            confidence="medium",
            basis="what-if",
            todo="trim retrieved text or history to stay below the limit",
            verify=traffic.verify("report --by week --metrics requests,average_input_tokens,cost", group.scope),
            query=rows,
            caveats=("what is trimmed may be needed",),
        )


detector = Detector(title="prompts are just past the size from which they are dearer", find=_find, overlap="tier")
