"""Calls that failed after they had cost something.

A feature is named when its failed calls cost a twentieth of it or its error rate is, with 95 % certainty (the lower end
of Wilson's interval), above 5 %. Failures that used nothing cost nothing, and are no waste.
"""

from collections.abc import Iterator
from decimal import Decimal

from llmcost.outliers.detector import Detector
from llmcost.outliers.finding import Finding, Query
from llmcost.outliers.groups import grouped
from llmcost.outliers.traffic import Traffic, where
from llmcost.stats.proportions import wilson_interval

_FEWEST = 200
_RATE = 0.05
_QUERY = Query(
    sql="""
    select
        rid,
        case when status = 'error' then cost else 0 end as low,
        case when status = 'error' then cost else 0 end as mid,
        cost as high
    from waste_row
    where status in ('error', 'cancelled') and cost > 0
    """
)


def _find(traffic: Traffic) -> Iterator[Finding]:
    by = traffic.by_task() or ["model"]
    more = {
        "failed": "coalesce(sum(calls) filter (where status = 'error'), 0)",
        "codes": "string_agg(distinct cast(http_status as varchar), ', ' order by cast(http_status as varchar))",
    }
    for group in grouped(traffic, "waste_error", _QUERY, by, more):
        if group.mid < max(traffic.floors.cost, traffic.floors.share * traffic.cost):
            continue
        condition, values = where(group.scope)
        (all_calls,) = traffic.ask(
            Query(
                sql=f"""
                select sum(calls) as calls, sum(cost) as cost, coalesce(sum(calls) filter (where status = 'error'), 0) as failed
                from waste_row where {condition}
                """,
                values=values,
            )
        )
        calls, failed, charged = int(all_calls["calls"]), int(all_calls["failed"]), int(group.more["failed"])
        lower = wilson_interval(min(failed, calls), calls)[0] if calls else 0.0
        if calls < _FEWEST or (lower <= _RATE and group.mid < all_calls["cost"] * Decimal("0.05")):
            continue
        yield group.finding(
            headline=f"{charged:,} calls of {group.name} failed and were charged all the same; {failed / calls:.1%} of its calls fail",
            evidence={
                "calls": calls,
                "failed": failed,
                "failed_and_charged": charged,
                "error_rate": round(failed / calls, 4),
                "error_rate_at_least": round(lower, 4),
                "http_statuses": group.more["codes"],
            },
            formula="cost of failed calls; high with those the client cancelled",
            confidence="high",
            basis="measured",
            todo="mend the commonest error first; give long answers a longer deadline",
            verify=traffic.verify("report --by error_type,status --metrics requests,error_rate", group.scope),
            query=_QUERY,
            caveats=("a cancelled answer may have been read as far as it came",),
        )


detector = Detector(title="calls fail after they have cost something", find=_find, overlap="error")
