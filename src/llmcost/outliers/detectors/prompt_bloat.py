"""Prompts that grow week by week.

The median prompt of each day, per feature and model: a trend that chance would show in one of five hundred ledgers, however
many features each has (Mann-Kendall with Bonferroni's correction), and a growth of a quarter or more (Theil-Sen) over three weeks or longer. Medians do not follow a few long
prompts, and features are looked at one by one, so a change of mix between them is no growth.
"""

from collections.abc import Iterator
from decimal import Decimal
from statistics import median

from llmcost.outliers.detector import Detector, NotEvaluable
from llmcost.outliers.finding import Finding, Query
from llmcost.outliers.traffic import Traffic, shares, where
from llmcost.stats.robust import mann_kendall, theil_sen

_FEWEST_DAYS = 21
_MOST_POINTS = 120
_GROWTH = 0.25
_BY_CHANCE = 0.002
"""All detectors together may raise one finding in twenty ledgers without waste; this is one's share of that."""
_FORMULA = "cost of input beyond the usual prompt the trend began with: high a tenth more, as the beginning is not known better; mid 85 %, low half"

_FIRST_TURNS = (
    "select *, row_number() over (partition by session_id order by started_at, row_key, part) as turn from waste_row"
)
"""Later turns carry the thread along, which context-growth looks at."""


def _find(traffic: Traffic) -> Iterator[Finding]:
    if traffic.length.days < _FEWEST_DAYS:
        raise NotEvaluable(f"a trend takes {_FEWEST_DAYS} days of traffic")
    by = [*traffic.by_task(), "model"]
    keys = ", ".join(by)
    query = Query(
        sql=f"""
        select {keys}, list(usual order by day) as medians, cast(sum(calls) as bigint) as calls, min(day) as first_day
        from (
            select {keys}, day, median(input_tokens) as usual, count(*) as calls
            from ({_FIRST_TURNS})
            where input_tokens > 0 and calls > 0 and status = 'ok' and (session_id is null or turn = 1)
            group by all
            having count(*) >= 5
        )
        group by all
        having count(*) >= $days
        """,
        values={"days": _FEWEST_DAYS},
    )
    rows = traffic.ask(query)
    for row in rows:
        medians = [float(value) for value in row["medians"]]
        step = -(-len(medians) // _MOST_POINTS)
        points = medians[::step]
        slope = theil_sen(points)
        first_week = median(medians[:7])
        # Where the trend began: by the end of the first week it has already grown.
        start = min(first_week, max(median(points) - slope * (len(points) - 1) / 2, 0.8 * first_week))
        growth = slope * (len(points) - 1) / start if start else 0.0
        if growth < _GROWTH or mann_kendall(points) * len(rows) >= _BY_CHANCE:
            continue
        scope = tuple((name, row[name]) for name in by)
        finding = _finding(traffic, query, scope, start=start, growth=growth, medians=medians)
        if finding is not None:
            yield finding


def _finding(
    traffic: Traffic,
    query: Query,
    scope: tuple[tuple[str, str | None], ...],
    *,
    start: float,
    growth: float,
    medians: list[float],
) -> Finding | None:
    condition, values = where(scope)
    flagged = f"select * from waste_row where {condition} and calls > 0 and input_tokens > $start"
    (row,) = traffic.ask(
        Query(
            sql=f"""
            with grown as ({flagged}),
            later as (
                select day, median(input_tokens) as usual, sum(input_cost + read_cost + write_cost) as input_cost
                from (select * from waste_row where {condition} and calls > 0 and status = 'ok' and input_tokens > 0)
                group by day
            )
            select
                (select cast(coalesce(sum(calls), 0) as bigint) from grown) as calls,
                (select coalesce(sum(cost), 0) from grown) as cost,
                (select min(started_at) from grown) as since, (select max(started_at) from grown) as until,
                (select coalesce(sum(cast(input_cost * greatest(0, 1 - $start / usual) as decimal(18, 12))), 0) from later) as saved
            """,
            values={**values, "start": start},
        )
    )
    saved = row["saved"]
    if saved < traffic.floors.cost or not traffic.material(row["cost"], row["calls"]):
        return None
    savings, claims = shares(
        row["cost"],
        (saved / 2, saved * Decimal("0.85"), saved * Decimal("1.1")),
        _FORMULA,
        Query(sql=f"select rid, cost from ({flagged})", values={**values, "start": start}),
    )
    name = next((value for _, value in scope if value), "unattributed calls")
    now = sorted(medians[-7:])[len(medians[-7:]) // 2]
    return Finding(
        scope=scope,
        since=row["since"],
        until=row["until"],
        headline=f"the usual prompt of {name} grew from {start:,.0f} to {now:,.0f} tokens in {len(medians)} days",
        evidence={
            "days": len(medians),
            "median_at_start": round(start, 1),
            "median_last_week": round(now, 1),
            "growth": round(growth, 4),
        },
        requests=row["calls"],
        cost=row["cost"],
        savings=savings,
        confidence="medium",
        basis="what-if",
        todo="compare the prompt with its first version; drop what does not earn its place",
        verify=traffic.verify("report --by week --metrics requests,average_input_tokens,cost", scope),
        query=query,
        claims=claims,
        caveats=("longer prompts may answer better", "other customers may send longer text"),
    )


detector = Detector(title="prompts grow week by week", find=_find, overlap="prompt")
