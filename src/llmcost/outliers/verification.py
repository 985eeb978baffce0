"""Whether an accepted saving came true: cost per request before and after, with an interval.

The unit is a day: its cost per request. The difference of the means of the days before and after has Welch's standard
error; times the requests since, it is what was saved at today's volume. Days are not independent, so the interval is a
guide, and a change of mix moves it too. Requests without a known price are in neither cost nor count, also those of which
only a pass billed apart has none. What acting on a finding changes, such as the model, is no part of where to look.

Calls that were to end and did have no cost per request any more: there a day's unit is its cost, and a day is one with
any traffic in the ledger. A day whose cost is not known, for want of a price, is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import sqrt
from statistics import fmean, variance
from typing import TYPE_CHECKING

from llmcost.outliers.finding import Query
from llmcost.outliers.registry import known_detectors
from llmcost.outliers.traffic import where

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal
    from typing import Any, TypeAlias

    from llmcost.outliers.decisions import Decision
    from llmcost.outliers.traffic import Traffic

    # The saving and its interval; nothing where there are too few days.
    _Saved: TypeAlias = tuple[float, float, float] | tuple[None, None, None]

BEFORE_DAYS = 28
ENDED_BEFORE_DAYS = 14
"""Before calls ended. A feature's people left it two weeks earlier or more: what they did before is not saved."""
FEWEST_DAYS = 7
_Z = 1.959963984540054


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """One accepted finding, before and after. Amounts are estimates, hence floats."""

    decision: Decision
    days_before: int
    days_after: int
    requests_before: int
    requests_after: int
    unpriced_before: int
    """Requests of unknown cost among them, in no amount."""
    unpriced_after: int
    allowed: Decimal
    """The share of requests that may have no known price, 0 to 1."""
    before: float | None
    """Cost per request, the mean of days; None without any."""
    after: float | None
    saved: float | None
    """Since the decision, at the volume since; None where there are too few days."""
    low: float | None
    high: float | None
    ended: bool = False
    """Whether the calls were to end and did: saved is the cost a day before, for each day since less what it still cost."""

    @property
    def hides_cost(self) -> bool:
        """Whether so many requests of either side have no known price that what the others cost proves nothing."""
        return (
            self.unpriced_before > self.allowed * self.requests_before
            or self.unpriced_after > self.allowed * self.requests_after
        )

    @property
    def verdict(self) -> str:
        """In a word or two."""
        if self.hides_cost:
            return "not proven"
        if self.saved is None or self.low is None or self.high is None:
            return "too early"
        return "cost fell" if self.low > 0 else "cost rose" if self.high < 0 else "not proven"


def verify(traffic: Traffic, decision: Decision, allowed: Decimal) -> Verified:
    """Compare the four weeks before a decision with the days since, in its scope.

    `allowed` is the share of requests, 0 to 1, that may have no known price.
    """
    detector = known_detectors().get(decision.detector)
    moves, about, ends = (detector.moves, detector.calls, detector.ends) if detector else ((), "true", False)
    condition, values = where([(name, value) for name, value in decision.scope if name not in moves])
    calls = Query(sql=f"{condition} and {about}", values=values)
    return (_ended(traffic, decision, calls, allowed) if ends else None) or _compared(traffic, decision, calls, allowed)


def _compared(traffic: Traffic, decision: Decision, calls: Query, allowed: Decimal) -> Verified:
    rows = traffic.ask(
        Query(
            sql=f"""
            select
                day >= $start                                                                       as later,
                cast(sum(waste_row.calls) as bigint)                                                as calls,
                cast(sum(unpriced_calls) as bigint)                                                 as unpriced,
                cast(coalesce(sum(waste_row.calls) filter (where cost_known), 0) as bigint)         as priced,
                cast(sum(cost) filter (where cost_known) as double) / nullif(priced, 0)             as each
            from waste_row
            where {calls.sql} and day >= $earliest
            group by later, day
            """,
            values={**calls.values, "start": decision.on, "earliest": decision.on - timedelta(days=BEFORE_DAYS)},
        )
    )
    earlier, later = (
        [float(row["each"]) for row in rows if row["later"] is side and row["each"] is not None]
        for side in (False, True)
    )
    priced_since = sum(row["priced"] for row in rows if row["later"])
    return _verified(
        decision,
        allowed,
        rows,
        days=(len(earlier), len(later)),
        each=(earlier, later),
        saved=_difference(earlier, later, priced_since),
    )


def _ended(traffic: Traffic, decision: Decision, calls: Query, allowed: Decimal) -> Verified | None:
    """None where calls go on, or the ledger knows of too few days since the last."""
    rows = traffic.ask(
        Query(
            sql=f"""
            select
                day, day >= $start                                                  as later,
                cast(coalesce(sum(cost) filter (where {calls.sql}), 0) as double)   as cost,
                cast(coalesce(sum(calls) filter (where {calls.sql}), 0) as bigint)  as calls,
                cast(coalesce(sum(unpriced_calls) filter (where {calls.sql}), 0) as bigint) as unpriced
            from waste_row
            where day >= $earliest
            group by day
            order by day
            """,
            values={**calls.values, "start": decision.on, "earliest": decision.on - timedelta(days=ENDED_BEFORE_DAYS)},
        )
    )
    earlier, later = ([row for row in rows if row["later"] is side] for side in (False, True))
    had_calls = any(row["calls"] for row in earlier)
    if not had_calls or len(later) < FEWEST_DAYS or any(row["calls"] for row in later[-FEWEST_DAYS:]):
        return None
    earlier, later = ([row for row in side if not row["unpriced"]] for side in (earlier, later))
    before, after = ([row["cost"] / row["calls"] for row in side if row["calls"]] for side in (earlier, later))
    return _verified(
        decision,
        allowed,
        rows,
        days=(len(earlier), len(later)),
        each=(before, after),
        saved=_difference([row["cost"] for row in earlier], [row["cost"] for row in later], len(later)),
        ended=True,
    )


def _verified(
    decision: Decision,
    allowed: Decimal,
    rows: Sequence[Mapping[str, Any]],
    *,
    days: tuple[int, int],
    each: tuple[Sequence[float], Sequence[float]],
    saved: _Saved,
    ended: bool = False,
) -> Verified:
    """`rows` have calls of either side, `each` the cost per request of its days."""
    (requests_before, unpriced_before), (requests_after, unpriced_after) = (
        [sum(row[name] for row in rows if row["later"] is side) for name in ("calls", "unpriced")]
        for side in (False, True)
    )
    before, after = (fmean(side) if side else None for side in each)
    amount, low, high = saved
    return Verified(
        decision=decision,
        days_before=days[0],
        days_after=days[1],
        requests_before=requests_before,
        requests_after=requests_after,
        unpriced_before=unpriced_before,
        unpriced_after=unpriced_after,
        allowed=allowed,
        before=before,
        after=after,
        saved=amount,
        low=low,
        high=high,
        ended=ended,
    )


def _difference(earlier: Sequence[float], later: Sequence[float], times: int) -> _Saved:
    """What the days before and after differ by, so many times, with its interval; None where there are too few."""
    if min(len(earlier), len(later)) < FEWEST_DAYS:
        return None, None, None
    difference = fmean(earlier) - fmean(later)
    reach = _Z * sqrt(variance(earlier) / len(earlier) + variance(later) / len(later))
    return times * difference, times * (difference - reach), times * (difference + reach)
