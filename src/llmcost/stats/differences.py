"""Whether two groups differ: intervals for the difference of two means and of two shares.

Every function is pure; a positive difference means that the second is larger.
"""

from dataclasses import dataclass
from math import exp, lgamma, log, log1p, sqrt

from llmcost.stats.proportions import wilson_interval

_HALVINGS = 60
_TERMS = 300
_TINY = 1e-300


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What is needed of a sample of a quantity."""

    count: int
    mean: float
    variance: float
    """With count - 1 as divisor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The second less the first, and where it lies in 95 of 100 cases."""

    value: float
    low: float
    high: float

    @property
    def clear(self) -> bool:
        """Whether the interval leaves out no difference at all."""
        return self.low > 0 or self.high < 0


def welch(first: Sample, second: Sample, confidence: float = 0.95) -> Difference:
    """Of two means whose variances may differ, by Welch's t. ValueError for fewer than two values on either side.

    https://www.itl.nist.gov/div898/handbook/eda/section3/eda353.htm
    """
    if min(first.count, second.count) < 2:
        raise ValueError("a variance takes two values")
    parts = [one.variance / one.count for one in (first, second)]
    value = second.mean - first.mean
    spread = sum(parts)
    if spread <= 0:
        return Difference(value=value, low=value, high=value)
    freedom = spread**2 / sum(part**2 / (one.count - 1) for part, one in zip(parts, (first, second), strict=True))
    reach = student_quantile((1 + confidence) / 2, freedom) * sqrt(spread)
    return Difference(value=value, low=value - reach, high=value + reach)


def newcombe(first: tuple[int, int], second: tuple[int, int]) -> Difference:
    """Of two shares, each given as hits and trials, by Newcombe's hybrid score interval (his method 10), 95 %.

    R. G. Newcombe, "Interval estimation for the difference between independent proportions", 1998
    (https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8%3C873::AID-SIM779%3E3.0.CO;2-I).
    """
    (low_1, high_1), (low_2, high_2) = wilson_interval(*first), wilson_interval(*second)
    share_1, share_2 = first[0] / first[1], second[0] / second[1]
    value = share_2 - share_1
    return Difference(
        value=value,
        low=max(-1.0, value - sqrt((share_2 - low_2) ** 2 + (high_1 - share_1) ** 2)),
        high=min(1.0, value + sqrt((high_2 - share_2) ** 2 + (share_1 - low_1) ** 2)),
    )


def student_quantile(probability: float, freedom: float) -> float:
    """The value Student's t stays below with this probability, at least one half. Found by halving.

    https://www.itl.nist.gov/div898/handbook/eda/section3/eda3672.htm
    """
    if not 0.5 <= probability < 1 or freedom <= 0:
        raise ValueError(f"no quantile {probability} of t with {freedom} degrees of freedom")
    low, high = 0.0, 1.0
    while _student_below(high, freedom) < probability:
        high *= 2
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _student_below(middle, freedom) < probability else (low, middle)
    return (low + high) / 2


def _student_below(value: float, freedom: float) -> float:
    """The probability that t is below a value of zero or more."""
    return 1 - _beta(freedom / (freedom + value * value), freedom / 2, 0.5) / 2


def _beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function, by its continued fraction (https://dlmf.nist.gov/8.17#v)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta(1 - x, b, a)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
    c, d = 1.0, 1 / max(1 - (a + b) * x / (a + 1), _TINY)
    result = d
    for m in range(1, _TERMS):
        for step in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / ((1 + step * d) or _TINY)
            c = (1 + step / c) or _TINY
            result *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return front * result
