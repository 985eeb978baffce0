"""Times without a single request, longer than the log usually has them: signs that part of it is missing."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from statistics import median

_SLOT = timedelta(minutes=30)
_LEAST = timedelta(hours=4)
_EXPECTED = 8
"""Requests one would have expected in a gap; by chance it has none once in three thousand."""
_UNUSUAL = 2
"""How many times longer than on a median day."""


def gap_days(slots: Mapping[datetime, int], first: date, until: date, zone: tzinfo) -> frozenset[date]:
    """The days, in `zone`, touched by an unusual gap; `slots` is how many requests each half hour has, naive UTC.

    Nights without traffic are usual where every night is, and so are quiet hours where there are a few calls a day: a gap counts
    when it is at least four hours, twice as long as the longest of the median day, and as long as it takes the median day to
    see eight requests.
    """
    start, end = (_midnight(day, zone) for day in (first, until))
    busy = sorted({slot for slot in slots if start - _SLOT < slot < end})
    edges = [start - _SLOT, *busy, end]
    gaps = [(before + _SLOT, after) for before, after in pairwise(edges) if after - before > _SLOT]
    days = [first + timedelta(days=offset) for offset in range((until - first).days)]
    longest: dict[date, timedelta] = dict.fromkeys(days, timedelta())
    for gap_start, gap_end in gaps:
        for day in _touched(gap_start, gap_end, zone):
            if day in longest:
                longest[day] = max(longest[day], gap_end - gap_start)
    usual = median(length.total_seconds() for length in longest.values()) if longest else 0.0
    counts = dict.fromkeys(days, 0)
    for slot in busy:
        day = slot.replace(tzinfo=UTC).astimezone(zone).date()
        if day in counts:
            counts[day] += slots[slot]
    rate = median(counts.values()) if counts else 0
    if not rate:
        return frozenset()
    least = max(_LEAST, timedelta(seconds=_UNUSUAL * usual), timedelta(days=_EXPECTED / rate))
    return frozenset(day for day, length in longest.items() if length >= least)


def _touched(start: datetime, end: datetime, zone: tzinfo) -> list[date]:
    first = start.replace(tzinfo=UTC).astimezone(zone).date()
    last = (end - timedelta(microseconds=1)).replace(tzinfo=UTC).astimezone(zone).date()
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC).replace(tzinfo=None)
