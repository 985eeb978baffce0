"""Calendar windows: days, weeks from Monday or another day, months, quarters, years, as long as the wall clock of a time zone makes them.

A day has 23 to 25 hours where clocks change; where midnight is skipped, the day starts with the jump. Budgets are counted
so: TrueFoundry's in UTC, Portkey's too, with weeks from Sunday
(https://portkey.ai/docs/product/enterprise-offering/budget-policies), LiteLLM's in the zone of `litellm_settings.timezone`, from
another time of day than midnight where `budget_reset_time` says so (https://docs.litellm.ai/docs/proxy/budget_reset_and_tz).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class CalendarWindow:
    """Counters that are emptied together when a span of the calendar ends."""

    scale = 1

    def __init__(self, span: str, zone: tzinfo, week_start: int = 0, day_start: int = 0) -> None:
        """`span` is day, week, month, quarter or year; weeks begin with Monday, 0, or another day, days so long after midnight."""
        self._span = span
        self._week_start = week_start
        self._day_start = day_start
        self._zone = zone
        self._end: int | None = None
        self._sums: dict[str, int] = {}

    def used(self, key: str, now: int) -> int:
        """What was charged since the span around `now` started."""
        if self._end is None or now >= self._end:
            self._turn(now)
        return self._sums.get(key, 0)

    def charge(self, key: str, now: int, weight: int) -> None:
        """Count in the span around `now`."""
        if self._end is None or now >= self._end:
            self._turn(now)
        self._sums[key] = self._sums.get(key, 0) + weight

    def reopens(self, now: int) -> int:
        """The start of the next span."""
        if self._end is None or now >= self._end:
            self._turn(now)
        return self._end or now

    def opens(self, key: str, now: int) -> int:  # noqa: ARG002  as every meter
        """The start of the next span, for all keys."""
        return self.reopens(now)

    def _turn(self, now: int) -> None:
        self._end = bounds(now, self._span, self._zone, self._week_start, self._day_start)[1]
        self._sums.clear()


def bounds(now: int, span: str, zone: tzinfo, week_start: int = 0, day_start: int = 0) -> tuple[int, int]:
    """First instant of the span around `now` and of the one after it, in microseconds since 1970."""
    clock = (_EPOCH + now * _MICROSECOND).astimezone(zone).replace(tzinfo=None)
    first = first_day((clock - timedelta(seconds=day_start)).date(), span, week_start)
    # Where clocks change at the very time of day, it is skipped, or is there twice.
    if now < _instant(first, zone, day_start):
        first = first_day(first - timedelta(days=1), span, week_start)
    following = _following(first, span, week_start)
    if now >= _instant(following, zone, day_start):
        first, following = following, _following(following, span, week_start)
    return _instant(first, zone, day_start), _instant(following, zone, day_start)


def first_day(day: date, span: str, week_start: int = 0) -> date:
    """The first day of the span a day is in."""
    match span:
        case "day":
            return day
        case "week":
            return day - timedelta(days=(day.weekday() - week_start) % 7)
        case "month":
            return day.replace(day=1)
        case "quarter":
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case "year":
            return day.replace(month=1, day=1)
        case _:
            raise ValueError(f"no calendar span: {span}")


def _following(first: date, span: str, week_start: int) -> date:
    longest = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}[span]
    # The start of the span that holds the day after the longest such span could have ended.
    return first_day(first + timedelta(days=longest), span, week_start)


def _instant(day: date, zone: tzinfo, day_start: int) -> int:
    clock = datetime.combine(day, time()) + timedelta(seconds=day_start)
    return (clock.replace(tzinfo=zone).astimezone(UTC) - _EPOCH) // _MICROSECOND
