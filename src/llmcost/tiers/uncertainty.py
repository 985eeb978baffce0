"""How far a sum over customers depends on which customers happen to be there."""

from __future__ import annotations

import random
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmcost.tiers.customers import CustomerResult

_RESAMPLES = 1_000
_GROUPS = 2_000
"""More customers than this are resampled in so many random groups, which spreads alike and is fifty times faster."""
_SCALE = 10**6


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A sum, and where it lies in nine of ten resamples of the customers."""

    value: Decimal
    low: Decimal
    """5th percentile."""
    p10: Decimal
    high: Decimal
    """95th percentile."""
    resamples: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WithoutLargest:
    """The result without the customer that moves it most."""

    customer: str
    margin: Decimal
    change: Decimal | None


def intervals(values: Sequence[Decimal], seed: int) -> Interval:
    """Bootstrap over customers: as many drawn with replacement as there are, a thousand times."""
    total = sum(values, Decimal(0))
    if not values:
        return Interval(value=total, low=total, p10=total, high=total, resamples=0)
    # Millionths as whole numbers add up exactly, and fast.
    whole = [int(value * _SCALE) for value in values]
    draw = random.Random(seed)  # noqa: S311  a seeded resample, nothing secret
    if len(whole) > _GROUPS:
        draw.shuffle(whole)
        whole = [sum(whole[start::_GROUPS]) for start in range(_GROUPS)]
    count = _RESAMPLES
    sums = sorted(sum(draw.choices(whole, k=len(whole))) for _ in range(count))

    def at(share: float) -> Decimal:
        return Decimal(sums[min(int(share * count), count - 1)]) / _SCALE

    return Interval(value=total, low=at(0.05), p10=at(0.1), high=at(0.95), resamples=count)


def without_largest(customers: Sequence[CustomerResult]) -> WithoutLargest | None:
    """Everything but the customer whose bill changes most (who costs most, where today's bills are unknown)."""
    if len(customers) < 2:
        return None
    largest = max(customers, key=lambda one: (abs(one.change or Decimal(0)), one.cost, one.customer))
    rest = [one for one in customers if one is not largest]
    known = [one.change for one in rest if one.change is not None]
    return WithoutLargest(
        customer=largest.customer,
        margin=sum((one.margin for one in rest), Decimal(0)),
        change=sum(known, Decimal(0)) if known else None,
    )
