"""Days, and hours, that cost far more than those like them.

Expected is the median of the same weekday in the four weeks before, or of the last fourteen days where those are fewer than
three. A day is named when it is more than five robust standard deviations above it (MAD, at least 5 % of the level), a
quarter above it, and above the dollar floor. Hours of all traffic are held against the same hour of the week by the same
rule from the fourth week on, and told where their day is not. In a row they are one finding. Exposure, not waste: no saving is claimed.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal

from llmcost.outliers.detector import Detector, NotEvaluable
from llmcost.outliers.detectors._daily import Series, daily, hourly
from llmcost.outliers.finding import Finding, Query
from llmcost.outliers.traffic import Traffic
from llmcost.stats import anomalies

_HISTORY = 14
_WEEK = 7 * 24
_COMPARED = 28
"""Days an expectation is made of at most."""


def _find(traffic: Traffic) -> Iterator[Finding]:
    if traffic.length.days < _HISTORY:
        raise NotEvaluable(f"it takes {_HISTORY} days before a day to say that it is unusual")
    query, series = daily(traffic)
    named: set[int] = set()
    for one in series:
        for first, last, expected in _spans(one.costs, traffic):
            days = {(one.day(place)).toordinal() for place in range(first, last + 1)}
            # A day of one feature that is a day of all traffic already is not told twice, but for the larger share.
            if one.scope and days <= named and sum(one.costs[first : last + 1]) < traffic.cost / 10:
                continue
            if not one.scope:
                named |= days
            finding = _finding(traffic, query, one, (first, last), expected)
            if finding is not None:
                yield finding
    yield from _hours(traffic, named)


def _spans(costs: Sequence[Decimal], traffic: Traffic, season: int = 7) -> Iterator[tuple[int, int, Decimal]]:
    """First and last place of each run of unusual values, and what they were expected to cost."""
    floor = max(float(traffic.floors.cost), float(traffic.floors.share * traffic.cost))
    unusual = anomalies.unusual([float(cost) for cost in costs], season=season, least=floor)
    runs: list[list[int]] = []
    for place in sorted(unusual):
        if runs and place == runs[-1][-1] + 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    for run in runs:
        yield run[0], run[-1], sum((Decimal(str(round(unusual[place], 6))) for place in run), Decimal(0))


def _finding(traffic: Traffic, query: Query, one: Series, places: tuple[int, int], expected: Decimal) -> Finding | None:
    first, last = places
    cost, requests = sum(one.costs[first : last + 1], Decimal(0)), sum(one.requests[first : last + 1])
    if requests < traffic.floors.requests:
        return None
    days = f"{one.day(first)}" if first == last else f"{one.day(first)} to {one.day(last)}"
    who = f"{one.scope[0][1]} " if one.scope else "all traffic "
    times = f"{cost / expected:.1f} times what days like it cost" if expected else "where nothing was expected"
    until = one.day(last) + timedelta(days=1)
    hiding = one.hiding(slice(max(0, first - _COMPARED), first), slice(first, last + 1))
    narrowed = f"report --by hour,model --since {one.day(first)} --until {until}"
    return Finding(
        scope=one.scope,
        occasion=str(one.day(first)),
        since=traffic.start_of(one.day(first)),
        until=traffic.start_of(until),
        headline=f"{who}cost ${cost:,.2f} on {days}, {times}{hiding}",
        evidence={"expected_cost": expected, "excess_cost": cost - expected, "days": last - first + 1},
        requests=requests,
        cost=cost,
        confidence="medium",
        basis="measured",
        todo="find what changed: volume, model, or size of calls",
        verify=traffic.verify(narrowed, one.scope, spanned=False),
        query=query,
        caveats=("a launch, a backfill or the start of a month looks like this",),
    )


def _hours(traffic: Traffic, named: set[int]) -> Iterator[Finding]:
    """Unusual hours of days that are not; a day's hours are its own."""
    query, hours = hourly(traffic)
    for first, last, expected in _spans(hours.costs, traffic, _WEEK):
        since, until = hours.hour(first), hours.hour(last + 1)
        cost, requests = sum(hours.costs[first : last + 1], Decimal(0)), sum(hours.requests[first : last + 1])
        # Before, fewer than three such hours tell what is usual; the median of all hours knows nothing of nights.
        if first < 3 * _WEEK or requests < traffic.floors.requests or traffic.day_of(since).toordinal() in named:
            continue
        times = f"{cost / expected:.1f} times what such hours cost" if expected else "where nothing was expected"
        narrowed = f"report --by model --since {since.isoformat()}Z --until {until.isoformat()}Z"
        yield Finding(
            scope=(),
            occasion=since.isoformat(),
            since=since,
            until=until,
            headline=f"all traffic cost ${cost:,.2f} from {since:%Y-%m-%d %H:%M} to {until:%H:%M} UTC, {times}",
            evidence={"expected_cost": expected, "excess_cost": cost - expected, "hours": last - first + 1},
            requests=requests,
            cost=cost,
            confidence="medium",
            basis="measured",
            todo="find what ran then: a job, a loop, one caller",
            verify=traffic.verify(narrowed, spanned=False),
            query=query,
            caveats=("a job at another hour looks like this",),
        )


detector = Detector(title="a day or an hour costs far more than those like it", find=_find)
