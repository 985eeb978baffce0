"""Periods of time as a user names them, and the clock they are counted from.

A period is half-open, in UTC. Its names (`2026-11`, `mtd`, `last-week`) are read in a time zone: a day is as long as the
wall clock makes it, 23 to 25 hours, so days are added on the wall clock and turned into UTC at the end.
"""

import difflib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo, available_timezones

from llmcost.domain.errors import UsageError
from llmcost.domain.text import did_you_mean

FORMS = "2026, 2026-Q4, 2026-11, 2026-W45, 2026-11-20, today, yesterday, 7d, mtd, qtd, ytd, last-week, last-month, ..."
_HINT = f"name a period as one of {FORMS}"

_SPANS = {
    "year": re.compile(r"(?P<year>\d{4})"),
    "quarter": re.compile(r"(?P<year>\d{4})-[Qq](?P<number>[1-4])"),
    "month": re.compile(r"(?P<year>\d{4})-(?P<number>\d{2})"),
    "week": re.compile(r"(?P<year>\d{4})-[Ww](?P<number>\d{2})"),
    "day": re.compile(r"(?P<year>\d{4})-(?P<number>\d{2})-(?P<day>\d{2})"),
}
Grain = Literal["day", "week", "month", "quarter", "year"]
_ABBREVIATED = 5
_LAST_DAYS = re.compile(r"(?P<days>[1-9]\d{0,4})d")


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The time from `since` up to, not including, `until`; None is unbounded."""

    since: datetime | None = None
    """Aware, in UTC."""
    until: datetime | None = None
    """Aware, in UTC."""
    to_date: Grain | None = field(default=None, compare=False)
    """The span it is the first part of, where it was named so: as much of the one before goes before it."""

    def __post_init__(self) -> None:
        for bound in (self.since, self.until):
            if bound is not None and bound.utcoffset() != timedelta(0):
                message = f"a period is in UTC, not {bound!r}"
                raise ValueError(message)


def clock(as_of: str | None = None, tz: tzinfo = UTC, *, environ: Mapping[str, str] = os.environ) -> datetime:
    """Now, in `tz`: `as_of` if given (`--as-of`), else LLMCOST_NOW, else the system's clock."""
    text = as_of if as_of is not None else environ.get("LLMCOST_NOW") or None
    return datetime.now(tz) if text is None else parse_instant(text, tz).astimezone(tz)


def time_zone(name: str) -> tzinfo:
    """The IANA time zone of that name."""
    found = _zone(name)
    if found is None:
        near = did_you_mean(_zones_near(name))
        raise UsageError(
            f"unknown time zone {name!r}", hint=near or "use a name such as UTC, Europe/Berlin or America/New_York"
        )
    return found


def is_time_zone(name: str) -> bool:
    """Whether `time_zone` knows it."""
    return _zone(name) is not None


def _zone(name: str) -> tzinfo | None:
    try:
        return UTC if name.upper() == "UTC" else ZoneInfo(name)
    except (OSError, ValueError, LookupError):
        return None


def _zones_near(name: str) -> list[str]:
    """The zones of the same name or city in whatever case, else those spelt nearly so."""
    wanted = name.strip().replace(" ", "_").casefold()
    zones = sorted(available_timezones())
    names = {zone.rpartition("/")[2].casefold(): zone for zone in zones} | {zone.casefold(): zone for zone in zones}
    if wanted in names:
        return [names[wanted]]
    # Of abbreviations (`CEST`, `UTC+2`) what is spelt nearly so means something else.
    near = difflib.get_close_matches(wanted, names, n=3, cutoff=0.75) if len(wanted) > _ABBREVIATED else []
    return list(dict.fromkeys(names[one] for one in near))


def parse_instant(text: str, tz: tzinfo) -> datetime:
    """An ISO 8601 instant in UTC; without an offset it is in `tz`, and a date is its midnight there."""
    try:
        instant = datetime.fromisoformat(text.strip())
        return (instant if instant.tzinfo is not None else instant.replace(tzinfo=tz)).astimezone(UTC)
    except OverflowError as error:
        raise _beyond(repr(text)) from error
    except ValueError as error:
        raise UsageError(
            f"cannot read {text!r} as a time", hint="use ISO 8601, such as 2026-11-01 or 2026-11-01T08:30:00+01:00"
        ) from error


def parse_period(text: str, now: datetime, tz: tzinfo) -> Period:
    """The period `text` names, seen from the aware instant `now`, its days being days in `tz`."""
    first, end = _days(text.strip(), now.astimezone(tz).date())
    try:
        return Period(since=start_of(first, tz), until=start_of(end, tz), to_date=_TO_DATE.get(text.strip().lower()))
    except OverflowError as error:
        raise _beyond(repr(text)) from error


def chosen_period(*, period: str | None, since: str | None, until: str | None, now: datetime, tz: tzinfo) -> Period:
    """The period that `--period`, or `--since` and `--until`, ask for; the whole of time without any of them."""
    if period is not None:
        if since is not None or until is not None:
            raise UsageError("--period and --since/--until both name a period", hint="give one or the other")
        return parse_period(period, now, tz)
    start = None if since is None else parse_instant(since, tz)
    end = None if until is None else parse_instant(until, tz)
    if start is not None and end is not None and start >= end:
        raise UsageError(f"--since {since} is not before --until {until}", hint="the period would be empty")
    return Period(since=start, until=end)


def previous_period(period: Period, tz: tzinfo) -> Period:
    """The period of the same kind right before: the month before a month, 30 days before 30 days.

    Of a month to date it is as many days and hours of the month before, no more than that has, and so of a week, a quarter
    and a year. Whole years, quarters, months and days in `tz` stay whole; anything else keeps its length in seconds.
    """
    if period.since is None or period.until is None:
        raise UsageError("an unbounded period has none before it", hint="name one with --period or --since and --until")
    try:
        return _before(period.since, period.until, period.to_date, tz)
    except (ValueError, OverflowError) as error:
        raise _beyond("the period before") from error


def _before(since: datetime, until: datetime, to_date: Grain | None, tz: tzinfo) -> Period:
    first, end = (bound.astimezone(tz).date() for bound in (since, until))
    if to_date is not None and _STARTS[to_date](first) == first:
        before = _STARTS[to_date](first - timedelta(days=1))
        reached = start_of(before + (end - first), tz) + (until - start_of(end, tz))
        return Period(since=start_of(before, tz), until=min(reached, since))
    if (since, until) != (start_of(first, tz), start_of(end, tz)):
        return Period(since=since - (until - since), until=since)
    months = (end.year - first.year) * 12 + end.month - first.month
    before = add_months(first, -months) if first.day == end.day == 1 else first - (end - first)
    return Period(since=start_of(before, tz), until=since)


def _days(text: str, today: date) -> tuple[date, date]:
    """The first day and the day after the last."""
    named = _NAMED.get(text.lower())
    if named is not None:
        return named(today)
    last = _LAST_DAYS.fullmatch(text)
    try:
        if last:
            return today - timedelta(days=int(last["days"]) - 1), today + timedelta(days=1)
        for grain, pattern in _SPANS.items():
            found = pattern.fullmatch(text)
            if found:
                return _span(grain, found)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"there is no period {text!r}: {error}", hint=_HINT) from error
    raise UsageError(f"cannot read {text!r} as a period", hint=_HINT)


def _span(grain: str, found: re.Match[str]) -> tuple[date, date]:
    year = int(found["year"])
    match grain:
        case "year":
            return date(year, 1, 1), date(year + 1, 1, 1)
        case "quarter":
            first = date(year, 3 * int(found["number"]) - 2, 1)
            return first, add_months(first, 3)
        case "month":
            first = date(year, int(found["number"]), 1)
            return first, add_months(first, 1)
        case "week":
            first = date.fromisocalendar(year, int(found["number"]), 1)
            return first, first + timedelta(weeks=1)
        case _:
            first = date(year, int(found["number"]), int(found["day"]))
            return first, first + timedelta(days=1)


def _to_date(start: Callable[[date], date]) -> Callable[[date], tuple[date, date]]:
    """From the start of the running span through today."""
    return lambda today: (start(today), today + timedelta(days=1))


def _whole(start: Callable[[date], date]) -> Callable[[date], tuple[date, date]]:
    """The span before the running one."""
    return lambda today: (start(start(today) - timedelta(days=1)), start(today))


def _day(day: date) -> date:
    return day


def _week(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _month(day: date) -> date:
    return day.replace(day=1)


def _quarter(day: date) -> date:
    return date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)


def _year(day: date) -> date:
    return date(day.year, 1, 1)


_STARTS: Mapping[Grain, Callable[[date], date]] = {
    "day": _day,
    "week": _week,
    "month": _month,
    "quarter": _quarter,
    "year": _year,
}
_TO_DATE: Mapping[str, Grain] = {"today": "day", "wtd": "week", "mtd": "month", "qtd": "quarter", "ytd": "year"}
_NAMED: Mapping[str, Callable[[date], tuple[date, date]]] = {
    **{name: _to_date(_STARTS[grain]) for name, grain in _TO_DATE.items()},
    "yesterday": _whole(_day),
    "last-week": _whole(_week),
    "last-month": _whole(_month),
    "last-quarter": _whole(_quarter),
    "last-year": _whole(_year),
}


def add_months(first: date, months: int) -> date:
    """The same day so many months later; the day must be in that month."""
    index = first.year * 12 + first.month - 1 + months
    return date(index // 12, index % 12 + 1, first.day)


def start_of(day: date, tz: tzinfo) -> datetime:
    """The first instant of a day, in UTC; where clocks skip midnight, that is the instant they jump."""
    return datetime.combine(day, time(), tzinfo=tz).astimezone(UTC)


def _beyond(text: str) -> UsageError:
    return UsageError(f"{text} is outside the years 1 to 9999", hint="use a time within them")
