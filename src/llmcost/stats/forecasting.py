"""Daily amounts to come, by simple methods that know the day of the week.

A method takes the amounts of past days, the oldest first, and says those of so many days to come. Which one to trust is not
decided here but by trying them on the past (`stats/backtest.py`). Exponential smoothing is in the additive, damped form of
R. J. Hyndman and G. Athanasopoulos, "Forecasting: Principles and Practice", 3rd ed., sections 8.3 and 8.4
(https://otexts.com/fpp3/holt-winters.html).
"""

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean, median

WEEK = 7
MIN_DAYS = 2 * WEEK
"""The fewest past days any method takes."""

Method = Callable[[Sequence[float], int], list[float]]

_LEVEL_DAYS = 2 * WEEK
_PROFILE_DAYS = 8 * WEEK
_DAMPING = 0.95
_TREND = 0.05
_SEASON = 0.1


def weekday_profile(past: Sequence[float], days: int) -> list[float]:
    """The mean of the last two weeks, shared out to the days of the week as in the last eight."""
    recent = past[-(min(len(past), _PROFILE_DAYS) // WEEK * WEEK) :]
    whole = fmean(recent)
    level = fmean(past[-_LEVEL_DAYS:])
    if not whole:
        return [level] * days
    # `recent` is whole weeks, so its first day falls on the same weekday as the first day to come.
    profile = [fmean(recent[place::WEEK]) / whole for place in range(WEEK)]
    return [level * profile[day % WEEK] for day in range(days)]


def weekday_median(past: Sequence[float], days: int) -> list[float]:
    """What is usual for the day of the week: the median of its last four."""
    recent = past[-(min(len(past), 4 * WEEK) // WEEK * WEEK) :]
    usual = [median(recent[place::WEEK]) for place in range(WEEK)]
    return [usual[day % WEEK] for day in range(days)]


def seasonal_naive(past: Sequence[float], days: int) -> list[float]:
    """The last week again and again."""
    return [past[-WEEK + day % WEEK] for day in range(days)]


def holt_winters(past: Sequence[float], days: int, *, speed: float = 0.2) -> list[float]:
    """A level, a damped trend and an addition for each day of the week, smoothed; `speed` is how fast the level follows."""
    level, trend = fmean(past[:WEEK]), (fmean(past[WEEK:MIN_DAYS]) - fmean(past[:WEEK])) / WEEK
    season = [amount - level for amount in past[:WEEK]]
    for day in range(WEEK, len(past)):
        place = day % WEEK
        before = level
        level = speed * (past[day] - season[place]) + (1 - speed) * (level + _DAMPING * trend)
        trend = _TREND * (level - before) + (1 - _TREND) * _DAMPING * trend
        season[place] += _SEASON * (past[day] - level - season[place])
    found, damped, step = [], 0.0, 1.0
    for day in range(days):
        step *= _DAMPING
        damped += step
        found.append(max(level + damped * trend + season[(len(past) + day) % WEEK], 0.0))
    return found


def _slow(past: Sequence[float], days: int) -> list[float]:
    return holt_winters(past, days, speed=0.1)


def _fast(past: Sequence[float], days: int) -> list[float]:
    return holt_winters(past, days, speed=0.4)


METHODS: Mapping[str, Method] = {
    "weekday-profile": weekday_profile,
    "weekday-median": weekday_median,
    "seasonal-naive": seasonal_naive,
    "holt-winters": _slow,
    "holt-winters-fast": _fast,
}
"""The simplest first: of two that do equally well the first is taken."""
