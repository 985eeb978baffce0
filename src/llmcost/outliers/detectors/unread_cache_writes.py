"""Prompts written to a cache that nothing read before they expired: the premium over plain input was for nothing.

A write counts as read when any later call with the same key, feature and model reads from a cache within the lifetime it
paid for, five minutes or an hour. So a write is only called unread where that cannot be wrong by much.
"""

from collections.abc import Iterator
from decimal import Decimal

from llmcost.outliers.detector import Detector
from llmcost.outliers.finding import Finding, Query
from llmcost.outliers.groups import grouped
from llmcost.outliers.swap import swapped
from llmcost.outliers.traffic import Traffic, shares, where

_PLAIN = {
    "uncached_input_tokens": "coalesce(request.uncached_input_tokens, 0)"
    " + coalesce(request.cache_write_5m_tokens, 0) + coalesce(request.cache_write_1h_tokens, 0)",
    "cache_write_5m_tokens": "null",
    "cache_write_1h_tokens": "null",
}


def _find(traffic: Traffic) -> Iterator[Finding]:
    keys = [*traffic.by_task(), "model", "api_key_id"]
    rows = Query(
        sql=f"""
        with touched as (
            select rid, started_at, write_5m_tokens, write_1h_tokens,
                min(case when read_tokens > 0 then started_at end) over (
                    partition by {", ".join(keys)} order by started_at, row_key, part
                    rows between 1 following and unbounded following
                ) as next_read
            from waste_row
            where read_tokens + write_5m_tokens + write_1h_tokens > 0
        )
        select rid
        from touched
        where write_5m_tokens + write_1h_tokens > 0
            and (next_read is null
                or next_read - started_at > case when write_1h_tokens > 0 then to_seconds(3600) else to_seconds(300) end)
        """
    )
    swapped(traffic, "waste_plain", rows, _PLAIN)
    saved = Query(
        sql="select rid, was - other as low, was - other as mid, was - other as high from waste_plain where other < was"
    )
    more = {"written": "sum(write_5m_tokens + write_1h_tokens)"}
    for group in grouped(traffic, "waste_unread", saved, keys[:-1], more):
        if group.requests < traffic.floors.requests or group.mid < traffic.floors.cost:
            continue
        condition, values = where(group.scope)
        (used,) = traffic.ask(
            Query(sql=f"select sum(read_tokens) as tokens from waste_row where {condition}", values=values)
        )
        read = int(used["tokens"] or 0)
        # Where other writes are read, nobody knows beforehand which will be.
        low, mid = (Decimal(0), group.mid / 2) if read else (group.mid, group.mid)
        savings, claims = shares(
            group.high,
            (low, mid, group.high),
            "premium over plain input of writes not read in their lifetime; where other writes are read, low none and mid half",
            Query(sql=f"select rid, high as cost from waste_unread where {condition}", values=values),
        )
        yield Finding(
            scope=group.scope,
            since=group.since,
            until=group.until,
            headline=f"{group.requests:,} calls of {group.name} wrote a cache that nothing read in time",
            evidence={
                "unread_writes": group.requests,
                "unread_tokens": int(group.more["written"]),
                "premium": group.high,
                "read_tokens": read,
            },
            requests=group.requests,
            cost=group.cost,
            savings=savings,
            confidence="medium" if read else "high",
            basis="measured",
            todo="do not mark these prompts for caching, or bring their calls together in time",
            verify=traffic.verify(
                "report --by week --metrics cost,cache_write_cost,cache_read_input_tokens", group.scope
            ),
            query=rows,
            claims=claims,
            caveats=("reads by calls that are not in this ledger are not seen",),
        )


detector = Detector(title="prompts are written to a cache and never read", find=_find, overlap="cache")
