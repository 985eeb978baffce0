"""Prompts with a long common beginning, sent again and again without a cache.

The log does not say how much of a prompt is the same each time. So a feature is only named when nothing of it is read
from a cache, its prompts are all long (99 of 100 above the shortest a provider caches), and the shortest of them is six
tenths of the usual one or more: then most of a prompt is instructions. Reads and writes are replayed per key with the
lifetime of five minutes and priced from the price list, which says who charges for a write; where caching would cost more,
nothing is claimed.
"""

from collections.abc import Iterator
from decimal import Decimal

from llmcost.outliers.detector import Detector
from llmcost.outliers.finding import Finding, Query
from llmcost.outliers.groups import grouped
from llmcost.outliers.swap import swapped
from llmcost.outliers.traffic import Traffic, shares, where

_SHORTEST = 1_024
"""Tokens; some models take more. https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching"""
_ASKED = (
    "operation in ('chat', 'text_completion') and calls > 0 and status = 'ok' and not gateway_cached and input_cost > 0"
)
_FORMULA = (
    "shared beginning (at most the shortest prompt) priced as read within 5 minutes of the last call, else as written; "
    "high all of it, mid three quarters, low half"
)


def _find(traffic: Traffic) -> Iterator[Finding]:
    by = [*traffic.by_task(), "model"]
    keys = ", ".join(by)
    suspects = Query(
        sql=f"""
        select {keys}, quantile_disc(input_tokens, 0.01) as shared, median(input_tokens) as usual, sum(cost) as cost, count(*) as prompts
        from waste_row
        where {_ASKED}
        group by all
        having sum(read_tokens + write_5m_tokens + write_1h_tokens) = 0
            and shared >= $shortest and shared >= 0.6 * usual and count(*) >= $calls
        """,
        values={"shortest": _SHORTEST, "calls": traffic.floors.requests},
    )
    if not traffic.ask(suspects):
        return
    same = " and ".join(f"waste_row.{key} is not distinct from suspect.{key}" for key in by)
    rows = Query(
        sql=f"""
        select
            rid, least(suspect.shared, input_tokens) as prefix,
            coalesce(started_at - lag(started_at) over line <= to_seconds(300), false) as hit
        from waste_row join ({suspects.sql}) as suspect on {same}
        where {_ASKED}
        window line as (partition by {", ".join(f"waste_row.{key}" for key in by)}, api_key_id order by started_at, row_key, part)
        """,
        values=suspects.values,
    )
    swapped(
        traffic,
        "waste_cached",
        rows,
        {
            "uncached_input_tokens": "request.uncached_input_tokens - chosen.prefix",
            "cache_read_tokens": "case when chosen.hit then chosen.prefix else 0 end",
            "cache_write_5m_tokens": "case when chosen.hit then 0 else chosen.prefix end",
            "cache_write_1h_tokens": "cast(0 as bigint)",
        },
    )
    flagged = Query(
        # A write without a price of its own is plain input, and none costs less than that.
        sql="select rid, case when hit then other else greatest(other, was) end as other, hit, prefix,"
        f" 0 as low, 0 as mid, 0 as high from waste_cached join ({rows.sql}) using (rid)",
        values=rows.values,
    )
    more = {"other": "sum(other)", "hits": "count(*) filter (where hit)", "prefix": "max(prefix)"}
    for group in grouped(traffic, "waste_missing", flagged, by, more):
        saved = group.cost - group.more["other"]
        if saved < traffic.floors.cost or saved < traffic.floors.share * group.cost:
            continue
        condition, values = where(group.scope)
        savings, claims = shares(
            group.cost,
            (saved / 2, saved * Decimal("0.75"), saved),
            _FORMULA,
            Query(sql=f"select rid, cost from waste_missing where {condition}", values=values),
        )
        hits = group.more["hits"] / group.requests if group.requests else 0.0
        yield Finding(
            scope=group.scope,
            since=group.since,
            until=group.until,
            headline=f"{group.name} sends prompts of {group.more['prefix']:,} tokens or more, mostly the same, and caches nothing; {hits:.0%} come within 5 minutes of another",
            evidence={
                "calls": group.requests,
                "shared_tokens_at_most": int(group.more["prefix"]),
                "calls_within_lifetime": int(group.more["hits"]),
                "cost_with_cache": group.more["other"],
            },
            requests=group.requests,
            cost=group.cost,
            savings=savings,
            confidence="low",
            basis="what-if",
            todo="put what never changes first in the prompt and mark it for caching",
            verify=traffic.verify("report --by week --metrics cost,cache_hit_rate", group.scope),
            query=suspects,
            claims=claims,
            caveats=(
                "how much of the prompts is the same is inferred from their sizes",
                "some models cache only from 2,048 or 4,096 tokens",
            ),
        )


detector = Detector(title="long, mostly equal prompts are sent without a cache", find=_find, overlap="cache")
