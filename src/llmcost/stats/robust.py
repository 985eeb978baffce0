"""Statistics that a few wild values do not move: median, MAD, trends by ranks, one change of level.

Every function is pure, takes floats and raises ValueError where its answer is not defined.
"""

from collections.abc import Sequence
from itertools import combinations
from math import erfc, exp, sqrt
from statistics import median
from typing import NamedTuple

MAD_TO_SIGMA = 1.4826022185056018
"""What a normal distribution's MAD is multiplied with to give its standard deviation."""


def mad(values: Sequence[float]) -> float:
    """Median absolute deviation from the median, not scaled."""
    centre = median(values)
    return float(median(abs(value - centre) for value in values))


def robust_z(value: float, reference: Sequence[float], *, least_scale: float = 0.0) -> float:
    """How many robust standard deviations `value` is above the median of `reference`.

    The scale is at least `least_scale`; where that leaves 0, the answer is 0 at the median and infinite elsewhere.
    """
    centre = median(reference)
    scale = max(MAD_TO_SIGMA * mad(reference), least_scale)
    if scale == 0:
        return 0.0 if value == centre else float("inf") if value > centre else float("-inf")
    return (value - centre) / scale


def theil_sen(values: Sequence[float]) -> float:
    """The median slope between any two of equally spaced values, per step.

    Sen, Estimates of the regression coefficient based on Kendall's tau, 1968.
    """
    if len(values) < 2:
        raise ValueError("a slope takes two values")
    return float(median((later - earlier) / (j - i) for (i, earlier), (j, later) in combinations(enumerate(values), 2)))


def mann_kendall(values: Sequence[float]) -> float:
    """Two-sided p of the Mann-Kendall test for a monotone trend, by its normal approximation, ties accounted for.

    https://vsp.pnnl.gov/help/vsample/design_trend_mann_kendall.htm
    """
    count = len(values)
    if count < 4:
        raise ValueError("a trend takes four values")
    score = sum((later > earlier) - (later < earlier) for earlier, later in combinations(values, 2))
    ties = [values.count(value) for value in set(values)]
    variance = (count * (count - 1) * (2 * count + 5) - sum(t * (t - 1) * (2 * t + 5) for t in ties)) / 18
    if score == 0 or variance == 0:
        return 1.0
    return erfc((abs(score) - 1) / sqrt(variance) / sqrt(2))


class Shift(NamedTuple):
    """Where a series changes its level."""

    at: int
    """Index of the first value of the new level."""
    p: float
    before: float
    """Median before."""
    after: float


def pettitt(values: Sequence[float]) -> Shift:
    """The likeliest single change of level, with Pettitt's approximate p (A non-parametric approach, 1979)."""
    count = len(values)
    if count < 4:
        raise ValueError("a change of level takes four values")
    best, at, running = 0, 1, 0
    for place in range(count - 1):
        running += sum((values[place] > other) - (values[place] < other) for other in values)
        if abs(running) > best:
            best, at = abs(running), place + 1
    p = min(1.0, 2 * exp(-6 * best * best / (count**3 + count**2)))
    return Shift(at, p, float(median(values[:at])), float(median(values[at:])))
