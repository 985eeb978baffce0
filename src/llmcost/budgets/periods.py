"""The period a budget is spent in: which one is running at an instant, and the one before it.

Days are days of the wall clock in the budget's time zone, 23 to 25 hours long, and bounds are turned into UTC at the end.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Literal, get_args

from llmcost.domain.period import Period, start_of

Calendar = Literal["day", "week", "month", "quarter", "year"]
CALENDAR: tuple[Calendar, ...] = get_args(Calendar)
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetPeriod:
    """How long a budget lasts and when it begins anew. Nothing is carried over."""

    kind: Calendar | Literal["rolling", "custom"]
    zone: tzinfo
    days: int = 0
    """Of a rolling period, today included."""
    start: date | None = None
    """The first day; later periods begin on the same day of the month or week. None: calendar periods."""
    end: date | None = None
    """The day after the last day of a custom period."""

    def __str__(self) -> str:
        """As llmcost.yaml writes it."""
        return f"{self.days}d" if self.kind == "rolling" else self.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One period of a budget."""

    first: date
    end: date
    """The day after its last."""
    period: Period
    """The same in UTC."""

    @property
    def since(self) -> datetime:
        """Its first instant, UTC."""
        return _bound(self.period.since)

    @property
    def until(self) -> datetime:
        """The first instant after it, UTC."""
        return _bound(self.period.until)

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.end - self.first).days


def window_at(period: BudgetPeriod, now: datetime) -> Window | None:
    """The window `now` is in; None before the budget begins and after it ended."""
    today = now.astimezone(period.zone).date()
    match period.kind:
        case "custom":
            if period.start is None or period.end is None or not period.start <= today < period.end:
                return None
            return _window(period.start, period.end, period.zone)
        case "rolling":
            return _window(today - timedelta(days=period.days - 1), today + timedelta(days=1), period.zone)
        case _:
            if period.start is not None and today < period.start:
                return None
            first = _first(period, today)
            return _window(first, _next(period, first), period.zone)


def window_before(period: BudgetPeriod, window: Window) -> Window:
    """The window before: the period that ended where this one begins, or as many days for custom and rolling ones."""
    if period.kind in {"custom", "rolling"}:
        return _window(window.first - (window.end - window.first), window.first, period.zone)
    # The budget may have begun with this window; the days before it are compared all the same.
    earlier = BudgetPeriod(kind=period.kind, zone=period.zone, start=period.start)
    first = _first(earlier, window.first - timedelta(days=1))
    return _window(first, window.first, period.zone)


def days_before(now: datetime, zone: tzinfo, days: int) -> Window:
    """The last whole days in a time zone."""
    today = now.astimezone(zone).date()
    return _window(today - timedelta(days=days), today, zone)


def reaches_back(begins: datetime | None, since: datetime) -> bool:
    """Whether a ledger whose first request is of `begins` knows a stretch from its start on: its first day may begin late."""
    return begins is not None and begins < since + timedelta(days=1)


def _first(period: BudgetPeriod, today: date) -> date:
    """The first day of the calendar or anchored period that holds a day."""
    anchor = period.start
    match period.kind:
        case "day":
            return today
        case "week":
            return today - timedelta(days=(today - (anchor or date(2001, 1, 1))).days % 7)
        case _:
            size = _MONTHS[period.kind]
            origin = anchor or date(2000, 1, 1)
            months = (today.year - origin.year) * 12 + today.month - origin.month
            step = months // size
            if _later(origin, step * size) > today:
                step -= 1
            return _later(origin, step * size)


def _next(period: BudgetPeriod, first: date) -> date:
    match period.kind:
        case "day":
            return first + timedelta(days=1)
        case "week":
            return first + timedelta(weeks=1)
        case _:
            size = _MONTHS[period.kind]
            origin = period.start or date(2000, 1, 1)
            months = (first.year - origin.year) * 12 + first.month - origin.month
            return _later(origin, months + size)


def _later(origin: date, months: int) -> date:
    """So many months after `origin`: on its day of the month, or the last of a shorter month."""
    index = origin.year * 12 + origin.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(origin.day, monthrange(year, month)[1]))


def _window(first: date, end: date, zone: tzinfo) -> Window:
    return Window(first=first, end=end, period=Period(since=start_of(first, zone), until=start_of(end, zone)))


def _bound(instant: datetime | None) -> datetime:
    if instant is None:
        raise ValueError("a budget's window has both ends")
    return instant
