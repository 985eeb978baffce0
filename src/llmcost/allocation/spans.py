"""Periods in words: as people call them, and as options name them."""

from datetime import UTC, date, datetime, timedelta, tzinfo

from llmcost.domain.errors import UsageError
from llmcost.domain.period import Period, add_months, start_of


def label(period: Period, zone: tzinfo) -> str:
    """2026-11, 2026-Q4, 2026, or the first and the last day; UsageError for a period without ends, or parts of days."""
    since, until = bounds(period)
    first, end = since.astimezone(zone).date(), until.astimezone(zone).date()
    if (since, until) != (start_of(first, zone), start_of(end, zone)):
        raise UsageError("costs are allocated by whole days", hint="name days, or a month with --month 2026-11")
    if first.day == 1:
        if end == add_months(first, 1):
            return f"{first:%Y-%m}"
        if end == add_months(first, 3) and first.month % 3 == 1:
            return f"{first.year}-Q{first.month // 3 + 1}"
        if end == add_months(first, 12) and first.month == 1:
            return f"{first.year}"
    last = end - timedelta(days=1)
    return str(first) if last == first else f"{first} to {last}"


def bounds(period: Period) -> tuple[datetime, datetime]:
    """Both ends; UsageError for a period without them."""
    if period.since is None or period.until is None:
        raise UsageError("costs are allocated for a period with both ends", hint="name one, such as --month 2026-11")
    return period.since, period.until


def days(period: Period, zone: tzinfo) -> tuple[date, date]:
    """The first day and the last."""
    since, until = bounds(period)
    return since.astimezone(zone).date(), until.astimezone(zone).date() - timedelta(days=1)


def options(period: Period, zone: tzinfo) -> tuple[str, ...]:
    """`--period`, or `--since` and `--until`, with the time zone where it is not UTC."""
    name = label(period, zone)
    since, until = bounds(period)
    named = ("--period", name) if " " not in name else ("--since", _day(since, zone), "--until", _day(until, zone))
    return named if str(zone) == "UTC" else (*named, "--tz", str(zone))


def instant(moment: datetime) -> str:
    """An ISO time in UTC."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _day(moment: datetime, zone: tzinfo) -> str:
    return str(moment.astimezone(zone).date())
