"""Where a budget stands: spent, on its way to, warned about, reached."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal
from statistics import quantiles
from typing import Literal

from llmcost.budgets.budget import Budget
from llmcost.budgets.periods import Window, reaches_back
from llmcost.domain.exact import EXACT
from llmcost.domain.period import start_of
from llmcost.domain.text import plural
from llmcost.stats.decomposition import Decomposition

Status = Literal["ok", "warning", "breached", "not_evaluated"]

_PLACES = Decimal("0.000000000001")
_MIN_DAYS = 3
"""Whole days a run rate is taken of at least; a single busy Monday must not warn about the month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast a budget is spent, from the whole days of its window so far."""

    elapsed: Decimal
    """Share of the window that is over, 0 to 1."""
    per_day: Decimal | None
    """Spent a day, since the ledger begins where that is later; None before there are enough whole days."""
    forecast: Decimal | None
    """Spent by the end of the window at this rate."""
    days_left: Decimal | None
    """Until the budget is spent at this rate; None if it is spent, or nothing is spent."""
    breach: tuple[datetime, datetime | None] | None
    """The earliest and the latest it is reached when the days to come are like the busy, or the quiet, days so far; the
    latest is None where quiet days do not reach it within the window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Why more was spent than in the same stretch of the period before."""

    by: tuple[str, ...]
    """The dimensions of the segments."""
    since: datetime
    until: datetime
    """The stretch compared with, UTC."""
    complete: bool
    """Whether the ledger reaches back to it; where it does not, what was spent then is not known."""
    change: Decomposition
    unpriced_before: int = 0
    """Requests of that stretch whose cost is not known: more was spent then than the change says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where one budget, or one value of a budget for each, stands."""

    budget: Budget
    values: tuple[str | None, ...] = ()
    """Of the dimensions of `per`."""
    window: Window | None = None
    """None where the budget is not in force."""
    spent: Decimal | None = None
    unpriced: int = 0
    """Requests of unknown cost, in no sum."""
    requests: int = 0
    pace: Pace | None = None
    status: Status
    reason: str | None = None
    """Why it is not simply ok, in words."""
    missing: bool = False
    """Whether data it takes to judge is missing: never a pass."""
    unproven: bool = False
    """Whether what is missing is the price of some requests."""
    crossed_at: datetime | None = None
    """When the amount was reached, UTC."""
    cause: Cause | None = None

    @property
    def utilisation(self) -> Decimal | None:
        """Spent as a share of the amount, to 12 places."""
        if self.spent is None:
            return None
        return EXACT.divide(self.spent, self.budget.amount).quantize(_PLACES, ROUND_HALF_EVEN, EXACT)

    @property
    def warned(self) -> bool:
        """Whether there is a warning, or one is proved by what is known to be spent though more may be."""
        known = self.spent if self.missing else None
        return self.status == "warning" or (known is not None and bool(_reached(self.budget, known)))

    @property
    def forecast(self) -> Decimal | None:
        """What will be spent by the end of the window."""
        return None if self.pace is None else self.pace.forecast


def judged(budget: Budget, spent: Decimal, pace: Pace | None, now: datetime) -> tuple[Status, str | None]:
    """The status of what is spent: exactly the amount is reached."""
    if spent >= budget.amount:
        if budget.warn_until is not None and now.astimezone(budget.period.zone).date() < budget.warn_until:
            return "warning", f"reached; it only warns until {budget.warn_until}"
        return "breached", None
    reached = _reached(budget, spent)
    if reached:
        return "warning", f"{reached[-1].normalize():f}% of it is spent"
    forecast = None if pace is None else pace.forecast
    if forecast is not None:
        ahead = [level for level in budget.forecast_at if forecast * 100 >= budget.amount * level]
        if ahead:
            return "warning", f"at this rate {ahead[-1].normalize():f}% of it will be spent"
    return "ok", None


def _reached(budget: Budget, spent: Decimal) -> list[Decimal]:
    """The levels of `warn_at` that are spent."""
    return [level for level in budget.warn_at if spent * 100 >= budget.amount * level]


def pace_of(
    budget: Budget,
    window: Window,
    spent: Decimal,
    daily: dict[str, Decimal],
    now: datetime,
    *,
    begins: datetime | None = None,
) -> Pace:
    """The pace; `daily` is what was spent by day (ISO), days without any left out; `begins` is the ledger's first request.

    The run rate is that of the whole days so far, and today counts for the part of it that is over. What was spent before
    the ledger begins is not known, so that time counts for nothing. A rolling window neither begins nor ends, so it has
    neither a forecast nor a date.
    """
    elapsed = _share(now - window.since, window.until - window.since)
    zone = budget.period.zone
    today, first, since = now.astimezone(zone).date(), window.first, window.since
    if begins is not None and not reaches_back(begins, window.since):
        local = begins.astimezone(zone).date()
        first, since = local if start_of(local, zone) == begins else local + timedelta(days=1), begins
    whole = [daily.get((first + timedelta(days=n)).isoformat(), Decimal(0)) for n in range((today - first).days)]
    if budget.period.kind == "rolling" or len(whole) < min(_MIN_DAYS, window.days - 1) or not whole:
        return Pace(elapsed=elapsed, per_day=None, forecast=None, days_left=None, breach=None)
    seconds = _seconds(now - since)
    per_day = EXACT.divide(spent * 86400, seconds).quantize(_PLACES, ROUND_HALF_EVEN, EXACT)
    forecast = EXACT.divide(spent * _seconds(window.until - since), seconds).quantize(_PLACES, ROUND_HALF_EVEN, EXACT)
    left = budget.amount - spent
    if left <= 0 or not per_day:
        return Pace(elapsed=elapsed, per_day=per_day, forecast=forecast, days_left=None, breach=None)
    return Pace(
        elapsed=elapsed,
        per_day=per_day,
        forecast=forecast,
        days_left=EXACT.divide(left, per_day).quantize(Decimal("0.01"), ROUND_HALF_EVEN, EXACT),
        breach=_breach(left, whole, window, now),
    )


def _breach(
    left: Decimal, whole: list[Decimal], window: Window, now: datetime
) -> tuple[datetime, datetime | None] | None:
    """When what is left is spent if every day to come is like the busiest quarter's, or the quietest quarter's, edge."""
    if len(whole) < _MIN_DAYS:
        return None
    quiet, _, busy = quantiles(whole, n=4, method="inclusive")
    first, last = (_date(left, rate, window, now) for rate in (busy, quiet))
    return None if first is None else (first, last)


def _date(left: Decimal, per_day: Decimal, window: Window, now: datetime) -> datetime | None:
    if per_day <= 0 or left / per_day > _seconds(window.until - now) / 86400:
        return None
    return now.astimezone(UTC) + timedelta(days=float(left / per_day))


def missing_reason(unpriced: int, requests: int, allowed: Decimal, sums: int = 0) -> str:
    """Why a sum that leaves requests out proves nothing; `allowed` is the share that may be left out, 0 to 1.

    `sums` are those of an export that do not say of how many requests.
    """
    told = _of_requests(unpriced, requests)
    if sums:
        told = f"{told} and {plural(sums, 'usage bucket')}" if unpriced else plural(sums, "usage bucket")
    verb = "has" if unpriced + sums == 1 else "have"
    told += f" {verb} no known price, so more may be spent"
    return f"{told}{_allowing(allowed)}"


def unmeasured_reason(unmeasured: int, requests: int, allowed: Decimal) -> str:
    """Why a count of tokens that leaves requests out proves nothing; `allowed` as above."""
    verb = "does" if unmeasured == 1 else "do"
    return f"{_of_requests(unmeasured, requests)} {verb} not say how many tokens{_allowing(allowed)}"


def _of_requests(some: int, requests: int) -> str:
    if not 0 < some <= requests:
        return plural(some, "request")
    share = EXACT.divide(Decimal(some) * 100, Decimal(requests)).quantize(Decimal("0.1"), ROUND_CEILING, EXACT)
    return f"{some:,} of {plural(requests, 'request')} ({share}%)"


def _allowing(allowed: Decimal) -> str:
    return f"; `unpriced` of `gate:` allows {(allowed * 100).normalize():f}%" if allowed else ""


def uncounted_reason(sums: int, measure: str) -> str:
    """Why a count of tokens or requests proves nothing where so many sums of an export have none."""
    verb = "does" if sums == 1 else "do"
    return f"{plural(sums, 'usage bucket')} {verb} not say {'of ' if measure == 'requests' else ''}how many {measure}"


def _share(part: timedelta, whole: timedelta) -> Decimal:
    share = EXACT.divide(_seconds(part), _seconds(whole)).quantize(Decimal("0.000001"), ROUND_HALF_EVEN, EXACT)
    return min(max(share, Decimal(0)), Decimal(1))


def _seconds(length: timedelta) -> Decimal:
    return Decimal(length // timedelta(microseconds=1)) / 1_000_000
