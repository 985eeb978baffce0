"""The dear, fast service tier used where nobody waits: outside production."""

from collections.abc import Iterator

from llmcost.outliers.detector import Detector
from llmcost.outliers.finding import Finding, Query
from llmcost.outliers.groups import grouped
from llmcost.outliers.swap import swapped
from llmcost.outliers.traffic import Traffic

_ROWS = Query(sql="select rid from waste_row where outside_production and lower(service_tier) in ('priority', 'fast')")
_SAVED = Query(
    sql="select rid, was - other as low, was - other as mid, was - other as high from waste_standard where other < was"
)


def _find(traffic: Traffic) -> Iterator[Finding]:
    swapped(traffic, "waste_standard", _ROWS, {"service_tier": "null"})
    by = [*traffic.by_task(), "environment"]
    for group in grouped(traffic, "waste_priority", _SAVED, by):
        if group.requests < traffic.floors.requests or group.mid < traffic.floors.cost:
            continue
        yield group.finding(
            headline=f"{group.requests:,} calls of {group.name} pay for priority in {dict(group.scope)['environment']}",
            evidence={"priority_requests": group.requests, "priority_cost": group.cost, "premium": group.mid},
            formula="cost as paid, less the cost at the standard tier",
            confidence="high",
            basis="measured",
            todo="ask for the standard tier outside production",
            verify=traffic.verify("report --by environment,service_tier", group.scope),
            query=_ROWS,
            caveats=("a latency test needs the tier it tests",),
        )


detector = Detector(
    title="the priority tier is used outside production", find=_find, overlap="tier", needs=("environment",)
)
