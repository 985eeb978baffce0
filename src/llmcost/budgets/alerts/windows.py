"""The window an alert rule looks at: the running day or month, or the last hours or days."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo

from llmcost.domain.period import Period, parse_period, previous_period, start_of

_TO_DATE = {"day": "today", "week": "wtd", "month": "mtd", "quarter": "qtd", "year": "ytd"}
_ROLLING = re.compile(r"(?P<number>[1-9]\d{0,4})(?P<unit>[mhd])")
_UNITS = {"m": "minutes", "h": "hours"}
HINT = "use day, week, month, quarter or year, or a length such as 30m, 24h or 7d"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A window at one instant."""

    period: Period
    before: Period | None
    """What it is compared with."""
    start: datetime | None
    """Naive UTC beginning of a window that begins anew by itself; None for the last hours or days."""


def is_window(text: str) -> bool:
    """Whether the text names a window."""
    return text in _TO_DATE or _ROLLING.fullmatch(text) is not None


def window_before(window: str, now: datetime, zone: tzinfo) -> Period:
    """All the time between the start of the window before and that of the window at `now`."""
    before = span(window, now, zone, compare=True).before
    return Period(
        since=None if before is None else before.since, until=span(window, now, zone, compare=False).period.since
    )


def span(window: str, now: datetime, zone: tzinfo, *, compare: bool) -> Span:
    """The window at `now`, in UTC. Compared days are whole days, and a running month is compared as far as it has come."""
    now = now.astimezone(UTC)
    if window in _TO_DATE:
        period = replace(parse_period(_TO_DATE[window], now, zone), until=now)
        start = None if period.since is None else period.since.replace(tzinfo=None)
        return Span(period=period, before=previous_period(period, zone) if compare else None, start=start)
    found = _ROLLING.fullmatch(window)
    if found is None:
        raise ValueError(f"no window: {window}")
    number = int(found["number"])
    if found["unit"] == "d":
        today = now.astimezone(zone).date()
        if not compare:
            first = start_of(today - timedelta(days=number - 1), zone)
            return Span(period=Period(since=first, until=now), before=None, start=None)
        period = Period(since=start_of(today - timedelta(days=number), zone), until=start_of(today, zone))
        before = Period(since=start_of(today - timedelta(days=2 * number), zone), until=period.since)
        return Span(period=period, before=before, start=None)
    period = Period(since=now - timedelta(**{_UNITS[found["unit"]]: number}), until=now)
    return Span(period=period, before=previous_period(period, UTC) if compare else None, start=None)
