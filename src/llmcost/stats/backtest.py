"""A forecast that has been tried on the past: the method that did best there, and an interval from what it got wrong.

Every method forecasts the same stretch from each of many past days, knowing only what was known then. The errors, as a share
of the level at the time, order the methods and give the interval by split conformal prediction: of n errors the one of rank
ceil((n + 1) x coverage) (A. N. Angelopoulos and S. Bates, "A Gentle Introduction to Conformal Prediction", 2021,
https://arxiv.org/abs/2107.07511). That takes n errors that do not depend on each other; stretches that overlap err together, so n
of them count as no more than fit side by side. The coverage told is measured the same way: at each past day with an interval
from only those errors that were known by then.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from statistics import fmean

from llmcost.stats.forecasting import METHODS, MIN_DAYS, Method

MIN_HISTORY = 28
"""Days it takes to forecast at all: two weeks to learn from, and two to be tested on."""
COVERAGE = 0.8
"""How often the interval is meant to hold the outcome."""

_LONGEST = 182
_ORIGINS = 56
_LEVEL_DAYS = 28
_FEWEST_ERRORS = 4
"""Rank ceil((n + 1) x 0.8) exists from 4 errors on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """The sum of a stretch of days to come."""

    method: str
    daily: tuple[float, ...]
    """Every day from the first after the past to the last of the stretch."""
    total: float
    """Of the stretch."""
    margin: float
    """Half the width of the interval around the total."""
    error: float | None
    """Mean absolute error of the back-test as a share of what was really spent; None where nothing was."""
    coverage: float | None
    """Share of past outcomes the interval held; None where too few were known to measure it."""
    origins: int
    """Past days that were forecast from."""
    tested_days: int
    """Days of the stretch that was tested; fewer than asked for where the past is too short, and the margin is then
    stretched in proportion, as if all days erred alike."""
    days: int
    """Days of the stretch."""
    history: int
    """Past days that were used."""


def forecast(past: Sequence[float], lead: int, length: int) -> Forecast | None:
    """Forecast the sum of `length` days that begin `lead` days after the past; None with less than `MIN_HISTORY` days.

    `past` are amounts of consecutive days, the oldest first. Nothing is forecast from a past without any amount: the answer
    is 0, and no error is known.
    """
    if len(past) < MIN_HISTORY:
        return None
    known = list(past[-_LONGEST:])
    tested_lead, tested = _tested(len(known), lead, length)
    last = len(known) - tested_lead - tested
    origins = range(max(MIN_DAYS, last - _ORIGINS + 1), last + 1)
    actual = [sum(known[origin + tested_lead : origin + tested_lead + tested]) for origin in origins]
    scales = [_scale(known[:origin], tested) for origin in origins]
    best, errors = _best(known, origins, actual, scales, tested_lead)
    daily = METHODS[best](known, lead + length)
    reach = _quantile([abs(error) for error in errors], tested) * _scale(known, tested)
    spent = sum(actual)
    misses = sum(abs(error) * scale for error, scale in zip(errors, scales, strict=True))
    return Forecast(
        method=best,
        daily=tuple(daily),
        total=sum(daily[lead:]),
        margin=reach * length / tested,
        error=misses / spent if spent else None,
        coverage=_coverage([abs(error) for error in errors], tested_lead, tested),
        origins=len(origins),
        tested_days=tested,
        days=length,
        history=len(known),
    )


def _tested(history: int, lead: int, length: int) -> tuple[int, int]:
    """The lead and length to test: as asked, or as much shorter as it takes to test on half of what is left to test on."""
    room = (history - MIN_DAYS) // 2
    if lead + length <= room:
        return lead, length
    tested = max(1, room * length // (lead + length))
    return max(0, min(lead, room - tested)), tested


def _best(
    known: Sequence[float], origins: range, actual: Sequence[float], scales: Sequence[float], lead: int
) -> tuple[str, list[float]]:
    """The method with the smallest mean error, and its errors as shares of the level."""
    length = len(known) - lead - origins[-1]
    found: list[tuple[float, str, list[float]]] = []
    for name, method in METHODS.items():
        errors = [
            (spent - _sum(method, known[:origin], lead, length)) / scale
            for origin, spent, scale in zip(origins, actual, scales, strict=True)
        ]
        found.append((fmean(map(abs, errors)), name, errors))
    _, best, errors = min(found, key=lambda one: one[0])
    return best, errors


def _sum(method: Method, past: Sequence[float], lead: int, length: int) -> float:
    return sum(method(past, lead + length)[lead:])


def _scale(past: Sequence[float], days: int) -> float:
    """What so many days usually come to; 1 where nothing was spent lately, so that errors stay amounts."""
    return fmean(past[-_LEVEL_DAYS:]) * days or 1.0


def _quantile(errors: Sequence[float], days: int) -> float:
    """The error of the rank that split conformal prediction asks for; the largest where there are too few.

    The errors are of stretches of so many days that begin a day apart each, so they count as many as fit side by side.
    """
    apart = Fraction(len(errors) - 1, days) + 1
    share = min((apart + 1) / apart * Fraction(str(COVERAGE)), Fraction(1))
    return sorted(errors)[ceil(len(errors) * share) - 1]


def _coverage(errors: Sequence[float], lead: int, days: int) -> float | None:
    """How often an interval from the errors known by then held the outcome; an error is known when its stretch is over."""
    delay = lead + days
    held = [
        error <= _quantile(errors[: place - delay + 1], days)
        for place, error in enumerate(errors)
        if place - delay + 1 >= _FEWEST_ERRORS
    ]
    return fmean(held) if held else None
