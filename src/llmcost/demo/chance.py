"""Draws that give the same numbers on every machine.

Only additions, multiplications and table look-ups: the logarithms behind the usual distributions
come from the platform's maths library and may differ in the last bit.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable
    from random import Random

T = TypeVar("T")

# Quantiles of a right-skewed distribution with median 1: most calls are ordinary, a few are many times larger.
_SKEW = (
    0.18,
    0.35,
    0.45,
    0.54,
    0.62,
    0.70,
    0.77,
    0.85,
    0.92,
    1.0,
    1.08,
    1.18,
    1.29,
    1.42,
    1.58,
    1.79,
    2.1,
    2.6,
    3.6,
    5.5,
)


def spread(rng: Random) -> float:
    """A factor around 1 (0.18 to 5.5, median 1) that makes sizes vary like real ones."""
    position = rng.random() * (len(_SKEW) - 1)
    lower = int(position)
    return _SKEW[lower] + (_SKEW[lower + 1] - _SKEW[lower]) * (position - lower)


def sized(rng: Random, typical: float) -> int:
    """A token count around `typical`, at least 1."""
    return max(1, int(typical * spread(rng)))


def hex_id(rng: Random) -> str:
    """A UUID in its usual spelling."""
    digits = f"{rng.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


class Weighted(Generic[T]):
    """Things to pick from, each with a weight."""

    __slots__ = ("_cumulative", "_things")

    def __init__(self, pairs: Iterable[tuple[T, float]]) -> None:
        things, weights = zip(*pairs, strict=True)
        self._things: tuple[T, ...] = things
        self._cumulative: list[float] = list(accumulate(weights))

    def pick(self, rng: Random) -> T:
        """One of the things."""
        return rng.choices(self._things, cum_weights=self._cumulative)[0]

    def picks(self, rng: Random, count: int) -> list[T]:
        """That many draws, with replacement."""
        return rng.choices(self._things, cum_weights=self._cumulative, k=count)
