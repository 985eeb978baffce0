"""Spend that moved to another level and stayed there.

Pettitt's test on the cost of days: a change chance would show once in a thousand such series, to half as much again or
more, with ten days or more on either side, and as much between the ten days before and after it: growth is no shift. Exposure, not waste: no saving is claimed.
"""

from collections.abc import Iterator
from decimal import Decimal
from statistics import median

from llmcost.outliers.detector import Detector, NotEvaluable
from llmcost.outliers.detectors._daily import daily
from llmcost.outliers.finding import Finding
from llmcost.outliers.traffic import Traffic
from llmcost.stats.robust import Shift, pettitt, theil_sen

_EITHER_SIDE = 10
_TIMES = 1.5
_ONCE_IN = 0.001


def _find(traffic: Traffic) -> Iterator[Finding]:
    if traffic.length.days < 2 * _EITHER_SIDE or traffic.last is None:
        raise NotEvaluable(f"a change of level takes {2 * _EITHER_SIDE} days of traffic")
    query, series = daily(traffic)
    for one in series:
        # The last day may not be over.
        costs = [float(cost) for cost in one.costs[:-1]]
        if len(costs) < 2 * _EITHER_SIDE:
            continue
        shift = pettitt(costs)
        after = costs[shift.at :]
        if min(shift.at, len(after)) < _EITHER_SIDE or shift.p >= _ONCE_IN or shift.after < _TIMES * shift.before:
            continue
        # Slow growth moves the medians of the halves too; a change of level shows in the days right around it.
        near = median(after[:_EITHER_SIDE]), median(costs[shift.at - _EITHER_SIDE : shift.at])
        if near[0] < _TIMES * near[1] or not _is_step(costs, shift):
            continue
        cost, requests = sum(one.costs[shift.at :], Decimal(0)), sum(one.requests[shift.at :])
        extra = cost - Decimal(str(round(shift.before, 9))) * len(one.costs[shift.at :])
        if not traffic.material(extra, requests):
            continue
        who = one.scope[0][1] if one.scope else "all traffic"
        hiding = one.hiding(slice(shift.at), slice(shift.at, None))
        yield Finding(
            scope=one.scope,
            occasion=str(one.day(shift.at)),
            since=traffic.start_of(one.day(shift.at)),
            until=traffic.last,
            headline=f"{who} costs ${shift.after:,.2f} a day since {one.day(shift.at)}, ${shift.before:,.2f} before{hiding}",
            evidence={
                "median_before": round(shift.before, 6),
                "median_after": round(shift.after, 6),
                "days_after": len(after),
                "extra_cost": extra,
            },
            requests=requests,
            cost=cost,
            confidence="medium",
            basis="measured",
            todo="find what changed that day, and whether it was meant to",
            verify=traffic.verify("report --by week,model", one.scope),
            query=query,
            caveats=("growth and launches are changes of level too",),
        )


def _is_step(costs: list[float], shift: Shift) -> bool:
    """Whether two levels describe the days better, by a tenth or more, than steady growth does."""
    slope = theil_sen(costs)
    base = median(cost - slope * place for place, cost in enumerate(costs))
    off_line = sum(abs(cost - base - slope * place) for place, cost in enumerate(costs))
    off_step = sum(abs(cost - (shift.before if place < shift.at else shift.after)) for place, cost in enumerate(costs))
    return off_step < 0.9 * off_line


detector = Detector(title="spend moved to another level and stayed", find=_find)
