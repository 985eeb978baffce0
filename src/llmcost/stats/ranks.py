"""Whether two quantities rise together, by their ranks alone: outliers and curved relations do no harm."""

from collections.abc import Sequence
from math import atanh, sqrt, tanh
from typing import NamedTuple

FEWEST = 5
"""Pairs below which a rank correlation says nothing."""


class Correlation(NamedTuple):
    """A rank correlation and how certain it is."""

    rho: float
    low: float
    high: float
    """The ends of its 95 % interval."""
    pairs: int


def ranks(values: Sequence[float]) -> list[float]:
    """The rank of each value, from 1; equal ones share the mean of theirs."""
    order = sorted(range(len(values)), key=lambda place: values[place])
    found = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end < len(order) and values[order[end]] == values[order[start]]:
            end += 1
        for place in order[start:end]:
            found[place] = (start + 1 + end) / 2
        start = end
    return found


def spearman(first: Sequence[float], second: Sequence[float], z: float = 1.959963984540054) -> Correlation | None:
    """Spearman's rank correlation of pairs, ties accounted for; None for fewer than `FEWEST` or where one never varies.

    It is Pearson's correlation of the ranks. The interval is Fisher's with the variance of Bonett and Wright, "Sample size
    requirements for estimating Pearson, Kendall and Spearman correlations", 2000 (https://doi.org/10.1007/BF02294183).
    """
    if len(first) != len(second):
        raise ValueError("pairs need as many values on either side")
    pairs = len(first)
    if pairs < FEWEST:
        return None
    middle = (pairs + 1) / 2
    left, right = ([rank - middle for rank in ranks(values)] for values in (first, second))
    spread = sum(a * a for a in left) * sum(b * b for b in right)
    if not spread:
        return None
    rho = max(-1.0, min(1.0, sum(a * b for a, b in zip(left, right, strict=True)) / sqrt(spread)))
    if abs(rho) == 1:
        return Correlation(rho, rho, rho, pairs)
    reach = z * sqrt((1 + rho * rho / 2) / (pairs - 3))
    return Correlation(rho, tanh(atanh(rho) - reach), tanh(atanh(rho) + reach), pairs)
