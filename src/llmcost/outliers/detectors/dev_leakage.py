"""Development, staging and test traffic that costs as much as a fifth of a team's spend.

Non-production is any environment that is named and is not listed under `production:` in llmcost.yaml. Calls without an
environment are counted apart and never taken for either: a share is one of the spend that names its environment. What production
requests without a known price cost, or those that capacity or a subscription pays for, is taken to be the mean of the others, and
the least that would be saved is then nothing.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from llmcost.domain.text import plural
from llmcost.outliers.detector import Detector
from llmcost.outliers.finding import Finding, Query
from llmcost.outliers.traffic import Traffic, shares, where

_WARN = Decimal("0.20")
_FORMULA = (
    "non-production cost beyond a share of production cost: low beyond 25 % (a fifth of the whole), mid beyond 11 % "
    "(a tenth), high beyond 5 %"
)
_GUESSED = (
    "; production requests without a cost of their own are taken to cost the mean of the others for mid, nothing for high, "
    "and low is none"
)
_BEYOND = (Decimal("0.25"), Decimal(1) / 9, Decimal("0.05"))


def _find(traffic: Traffic) -> Iterator[Finding]:
    """Teams that leak, then all traffic if what they leak is not most of it."""
    dimension = "team" if "team" in traffic.present else traffic.task
    leaking = Decimal(0)
    rows = [] if dimension is None else traffic.ask(_sums(dimension))
    for row in rows:
        found = _finding(traffic, ((str(dimension), row["scope"]),), row) if row["scope"] is not None else None
        if found is not None:
            leaking += row["outside"]
            yield found
    whole = traffic.ask(_sums(None))[0]
    if whole["outside"] and leaking < whole["outside"] * Decimal("0.8"):
        found = _finding(traffic, (), whole)
        if found is not None:
            yield found


def _sums(dimension: str | None) -> Query:
    return Query(
        sql=f"""
        select
            {dimension or "null"}                                                     as scope,
            coalesce(sum(cost) filter (where outside_production), 0)                  as outside,
            coalesce(sum(calls) filter (where outside_production), 0)                 as calls_outside,
            coalesce(sum(cost) filter (where not outside_production and environment is not null), 0) as inside,
            coalesce(sum(calls) filter (where not outside_production and environment is not null), 0) as calls_inside,
            coalesce(sum(unpriced_calls) filter (where not outside_production and environment is not null), 0) as unpriced_inside,
            coalesce(sum(covered_calls) filter (where not outside_production and environment is not null), 0) as covered_inside,
            coalesce(sum(cost) filter (where environment is null), 0)                 as unknown,
            min(started_at) filter (where outside_production)                         as since,
            max(started_at) filter (where outside_production)                         as until,
            string_agg(distinct environment, ', ' order by environment) filter (where outside_production) as names
        from waste_row
        {"group by 1 order by outside desc" if dimension else ""}
        """
    )


def _finding(traffic: Traffic, scope: tuple[tuple[str, str | None], ...], row: dict[str, Any]) -> Finding | None:
    outside, inside, calls = row["outside"], row["inside"], int(row["calls_outside"])
    # Without any production there is nothing it leaks from: it may be a team that only develops.
    if not inside or not traffic.material(outside, calls):
        return None
    share = outside / (outside + inside)
    calls_inside, unpriced, covered = (int(row[f"{name}_inside"]) for name in ("calls", "unpriced", "covered"))
    unknown_inside = unpriced + covered
    likely = inside * calls_inside / (calls_inside - unknown_inside) if unknown_inside < calls_inside else None
    if likely is None or outside / (outside + likely) < _WARN:
        return None
    condition, values = where(scope)
    rows = Query(sql=f"select rid, cost from waste_row where outside_production and {condition}", values=values)
    low, mid, high = (outside - cost * beyond for cost, beyond in zip((likely, likely, inside), _BEYOND, strict=True))
    formula = _FORMULA + _GUESSED if unknown_inside else _FORMULA
    savings, claims = shares(outside, (Decimal(0) if unknown_inside else low, mid, high), formula, rows)
    whose = f"of what {scope[0][1]} spends" if scope else "of all spend"
    unknown = row["unknown"]
    named, beside = (" with an environment named", f"; ${unknown:,.2f} names none") if unknown else ("", "")
    if unpriced:
        beside += f"; {plural(unpriced, 'production request')} {'has' if unpriced == 1 else 'have'} no known price"
    if covered:
        verb = "is" if covered == 1 else "are"
        beside += f"; {plural(covered, 'production request')} {verb} paid for by capacity or a subscription"
    return Finding(
        scope=scope,
        since=row["since"],
        until=row["until"],
        headline=f"{share:.0%} {whose}{named} is outside production ({row['names']}){beside}",
        evidence={
            "share": share.quantize(Decimal("0.0001")),
            "non_production_requests": calls,
            "non_production_cost": outside,
            "production_cost": inside,
            "unpriced_production_requests": unpriced,
            "covered_production_requests": covered,
            "unknown_environment_cost": unknown,
            "environments": row["names"],
        },
        requests=calls,
        cost=outside,
        savings=savings,
        confidence="medium",
        basis="what-if",
        todo="use a cheaper model, recorded answers or a budget outside production",
        verify=traffic.verify("report --by environment", scope),
        query=_sums(scope[0][0] if scope else None),
        claims=claims,
        caveats=("planned evaluations and load tests are no leak", "the environment is what the caller says it is"),
    )


detector = Detector(
    title="a fifth or more of a team's spend is outside production",
    find=_find,
    overlap="leak",
    needs=("environment",),
    calls="outside_production",
    ends=True,
)
