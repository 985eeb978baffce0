"""Prompt caching that costs more than it saves: what was written to the cache cost more extra than reading it back saved.

No maker charges so much for a write that two reads of it would not pay; what is read less is looked at. Exact: the same calls are priced again with every cached token as plain input.
"""

from collections.abc import Iterator
from decimal import Decimal

from llmcost.outliers.detector import Detector
from llmcost.outliers.finding import Finding, Query
from llmcost.outliers.groups import grouped
from llmcost.outliers.swap import swapped
from llmcost.outliers.traffic import Traffic, shares, where

_UNCACHED = {
    "uncached_input_tokens": "coalesce(request.uncached_input_tokens, 0) + coalesce(request.cache_read_tokens, 0)"
    " + coalesce(request.cache_write_5m_tokens, 0) + coalesce(request.cache_write_1h_tokens, 0)",
    "cache_read_tokens": "null",
    "cache_write_5m_tokens": "null",
    "cache_write_1h_tokens": "null",
}


def _find(traffic: Traffic) -> Iterator[Finding]:
    keys = ", ".join(_keys(traffic))
    rows = Query(
        sql=f"""
        select rid from waste_row
        semi join (select {keys} from waste_row where read_tokens + write_5m_tokens + write_1h_tokens > 0
            group by all having sum(write_cost) > 0 and sum(read_tokens) < 2 * sum(write_5m_tokens + write_1h_tokens)) as writer
            on {" and ".join(f"waste_row.{key} is not distinct from writer.{key}" for key in _keys(traffic))}
        where read_tokens + write_5m_tokens + write_1h_tokens > 0
        """
    )
    swapped(traffic, "waste_uncached", rows, _UNCACHED)
    # What a call lost: nothing where it read more than it wrote, and never more than the premium it paid.
    flagged = Query(
        sql="select rid, other, was - other as low, was - other as mid, was - other as high from waste_uncached"
    )
    more = {
        "other": "coalesce(sum(other), 0)",
        "written": "sum(write_5m_tokens + write_1h_tokens)",
        "read": "sum(read_tokens)",
    }
    for group in grouped(traffic, "waste_losing", flagged, _keys(traffic), more):
        lost = group.cost - group.more["other"]
        if group.requests < traffic.floors.requests or lost < traffic.floors.cost:
            continue
        condition, values = where(group.scope)
        savings, claims = shares(
            group.high,
            (lost, lost, lost),
            "cost as paid, less the cost of the same tokens without a cache",
            Query(sql=f"select rid, high as cost from waste_losing where {condition}", values=values),
        )
        ratio = Decimal(group.more["read"]) / Decimal(group.more["written"]) if group.more["written"] else Decimal(0)
        yield Finding(
            scope=group.scope,
            since=group.since,
            until=group.until,
            headline=f"caching for {group.name} costs more than it saves: each token written is read {ratio:.2f} times",
            evidence={
                "written_tokens": int(group.more["written"]),
                "read_tokens": int(group.more["read"]),
                "reads_per_write": ratio.quantize(Decimal("0.0001")),
                "cost_without_cache": group.more["other"],
            },
            requests=group.requests,
            cost=group.cost,
            savings=savings,
            confidence="high",
            basis="measured",
            todo="cache only what is read again within its lifetime, or switch caching off here",
            verify=traffic.verify("report --by week --metrics cost,cache_hit_rate,cache_write_cost", group.scope),
            query=rows,
            claims=claims,
            caveats=("a cache just begun has not been read yet",),
        )


def _keys(traffic: Traffic) -> list[str]:
    return [*traffic.by_task(), "model"]


detector = Detector(title="prompt caching costs more than it saves", find=_find, overlap="cache")
