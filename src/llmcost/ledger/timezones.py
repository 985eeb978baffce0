"""UTC to wall clock inside a query.

The offsets in force are looked up once per month that has data and written into the query as a `case`: exact for every
zone and every switch of the clocks, and several times faster than converting each row with DuckDB's own time zones.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from itertools import pairwise
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offsets:
    """Which offset from UTC holds from when on, oldest first; the first holds before its start too."""

    steps: tuple[tuple[datetime, timedelta], ...]
    """Naive UTC instants and the offset from each on; at least one."""

    def interval(self, instant: str) -> str:
        """SQL for the offset at the UTC timestamp `instant`, as an interval."""
        return self._case(instant, [f"to_seconds({round(offset.total_seconds())})" for _, offset in self.steps])

    def suffix(self, instant: str) -> str:
        """SQL for the offset at the UTC timestamp `instant`, as ISO 8601 writes it."""
        return self._case(instant, [f"'{_text(offset)}'" for _, offset in self.steps])

    def since(self, instant: str) -> str:
        """SQL for when the offset at the UTC timestamp `instant` began, as a UTC timestamp."""
        begun = [f"timestamp '{start:%Y-%m-%d %H:%M:%S}'" for start, _ in self.steps[1:]]
        return self._case(instant, ["timestamp '-infinity'", *begun])

    def instant(self, wall: str) -> str:
        """SQL for the first UTC timestamp at which clocks show `wall`, or skip it."""
        values = [f"{wall} - to_seconds({round(offset.total_seconds())})" for _, offset in self.steps]
        steps = list(pairwise(self.steps))
        branches = [
            f"when {wall} < timestamp '{change + max(before, after):%Y-%m-%d %H:%M:%S}' then {value}"
            for ((_, before), (change, after)), value in zip(steps, values, strict=False)
        ]
        return f"case {' '.join(branches)} else {values[-1]} end" if branches else values[-1]

    def _case(self, instant: str, values: list[str]) -> str:
        branches = [
            f"when {instant} < timestamp '{end:%Y-%m-%d %H:%M:%S}' then {value}"
            for (end, _), value in zip(self.steps[1:], values, strict=False)
        ]
        return f"case {' '.join(branches)} else {values[-1]} end" if branches else values[-1]


def offsets(months: Iterable[datetime], zone: tzinfo) -> Offsets:
    """The offsets of `zone` throughout the given months, each named by its first instant in UTC, naive."""
    found: dict[datetime, timedelta] = {}
    for month in months:
        day = month
        found[day] = _offset(day, zone)
        while day < month + 32 * _DAY:
            following = day + _DAY
            if _offset(following, zone) != _offset(day, zone):
                change = _change(day, following, zone)
                found[change] = _offset(change, zone)
            day = following
    if not found:
        found[datetime(1970, 1, 1)] = _offset(datetime(1970, 1, 1), zone)  # noqa: DTZ001  no data: any offset will do
    steps: list[tuple[datetime, timedelta]] = []
    for start, offset in sorted(found.items()):
        if not steps or steps[-1][1] != offset:
            steps.append((start, offset))
    return Offsets(steps=tuple(steps))


def is_fixed(zone: tzinfo) -> bool:
    """Whether the zone is known to have one offset for all time."""
    return isinstance(zone, timezone) or (isinstance(zone, ZoneInfo) and zone.key in {"UTC", "Etc/UTC"})


def _offset(instant: datetime, zone: tzinfo) -> timedelta:
    try:
        return instant.replace(tzinfo=UTC).astimezone(zone).utcoffset() or timedelta()
    except OverflowError:  # the last and first days a calendar can hold
        return timedelta()


def _change(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """The first second between the two at which the later offset holds."""
    wanted = _offset(after, zone)
    while after - before > _SECOND:
        middle = before + (after - before) // 2 // _SECOND * _SECOND
        if _offset(middle, zone) == wanted:
            after = middle
        else:
            before = middle
    return after


def _text(offset: timedelta) -> str:
    if not offset:
        return "Z"
    sign = "-" if offset < timedelta() else "+"
    minutes, seconds = divmod(abs(round(offset.total_seconds())), 60)
    text = f"{sign}{minutes // 60:02}:{minutes % 60:02}"
    return f"{text}:{seconds:02}" if seconds else text
