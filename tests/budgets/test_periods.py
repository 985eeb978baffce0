"""Which window is running, by hand."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from llmcost.budgets.periods import BudgetPeriod, window_at, window_before

BERLIN = ZoneInfo("Europe/Berlin")


def _days(period, day, hour=12):
    window = window_at(period, datetime.combine(day, datetime.min.time(), tzinfo=period.zone).replace(hour=hour))
    return None if window is None else (str(window.first), str(window.end))


@pytest.mark.parametrize(
    ("kind", "day", "expected"),
    [
        ("day", date(2026, 2, 28), ("2026-02-28", "2026-03-01")),
        ("week", date(2026, 11, 22), ("2026-11-16", "2026-11-23")),
        ("week", date(2026, 11, 23), ("2026-11-23", "2026-11-30")),
        ("month", date(2028, 2, 29), ("2028-02-01", "2028-03-01")),
        ("month", date(2026, 12, 31), ("2026-12-01", "2027-01-01")),
        ("quarter", date(2026, 12, 31), ("2026-10-01", "2027-01-01")),
        ("year", date(2026, 1, 1), ("2026-01-01", "2027-01-01")),
    ],
)
def test_calendar_periods_hold_their_day(kind, day, expected):
    assert _days(BudgetPeriod(kind=kind, zone=UTC), day) == expected


@pytest.mark.parametrize(
    ("kind", "start", "day", "expected"),
    [
        ("month", date(2026, 11, 15), date(2026, 11, 14), None),
        ("month", date(2026, 11, 15), date(2026, 11, 15), ("2026-11-15", "2026-12-15")),
        ("month", date(2026, 11, 15), date(2027, 1, 14), ("2026-12-15", "2027-01-15")),
        ("month", date(2026, 1, 31), date(2026, 2, 27), ("2026-01-31", "2026-02-28")),
        ("month", date(2026, 1, 31), date(2026, 2, 28), ("2026-02-28", "2026-03-31")),
        ("month", date(2026, 1, 31), date(2026, 3, 31), ("2026-03-31", "2026-04-30")),
        ("quarter", date(2026, 11, 30), date(2027, 2, 28), ("2027-02-28", "2027-05-30")),
        ("year", date(2024, 2, 29), date(2027, 2, 27), ("2026-02-28", "2027-02-28")),
        ("week", date(2026, 11, 18), date(2026, 12, 1), ("2026-11-25", "2026-12-02")),
    ],
)
def test_a_start_in_the_middle_is_where_every_later_period_begins(kind, start, day, expected):
    assert _days(BudgetPeriod(kind=kind, zone=UTC, start=start), day) == expected


def test_bounds_are_midnights_of_the_wall_clock():
    window = window_at(BudgetPeriod(kind="month", zone=BERLIN), datetime(2026, 10, 31, 23, 30, tzinfo=UTC))
    assert window is not None
    assert (window.since, window.until) == (
        datetime(2026, 10, 31, 23, tzinfo=UTC),
        datetime(2026, 11, 30, 23, tzinfo=UTC),
    )

    october = window_before(BudgetPeriod(kind="month", zone=BERLIN), window)
    assert (october.since, october.until) == (datetime(2026, 9, 30, 22, tzinfo=UTC), window.since)


def test_the_window_before_a_first_window_is_as_if_it_had_begun_earlier():
    period = BudgetPeriod(kind="month", zone=UTC, start=date(2026, 11, 15))
    window = window_at(period, datetime(2026, 11, 20, tzinfo=UTC))
    assert window is not None

    assert str(window_before(period, window).first) == "2026-10-15"
