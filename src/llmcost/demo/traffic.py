"""When people call: business hours, quiet weekends, slow growth."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from llmcost.demo.chance import Weighted

if TYPE_CHECKING:
    from datetime import date
    from random import Random

_WEEKDAY = (1.0, 1.06, 1.05, 1.03, 0.92, 0.30, 0.26)
_HOUR = (3, 2, 2, 2, 3, 6, 14, 34, 62, 80, 86, 82, 66, 74, 88, 84, 70, 48, 30, 22, 16, 11, 8, 5)
_GROWTH = 0.6
"""How much busier the last day is than the first, as a share of the first."""


def call_times(rng: Random, since: date, days: int, count: int) -> list[datetime]:
    """That many start times in `[since, since + days)`, in order."""
    midnight = datetime.combine(since, time())
    hours = Weighted(
        (
            midnight + timedelta(days=day, hours=hour),
            (1.0 + _GROWTH * day / days) * _WEEKDAY[(midnight + timedelta(days=day)).weekday()] * weight,
        )
        for day in range(days)
        for hour, weight in enumerate(_HOUR)
    )
    return sorted(hour + timedelta(microseconds=rng.randrange(3_600_000_000)) for hour in hours.picks(rng, count))
