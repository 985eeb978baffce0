"""Names of periods, instants and the clock; every expected instant is worked out by hand."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost.domain.errors import UsageError
from llmcost.domain.period import (
    Period,
    chosen_period,
    clock,
    parse_instant,
    parse_period,
    previous_period,
    time_zone,
)

BERLIN = ZoneInfo("Europe/Berlin")
# A Saturday in ISO week 47.
NOW = datetime(2026, 11, 21, 18, 30, tzinfo=UTC)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("2026", "2026-01-01", "2027-01-01"),
        ("2026-Q4", "2026-10-01", "2027-01-01"),
        ("2026-q1", "2026-01-01", "2026-04-01"),
        ("2026-11", "2026-11-01", "2026-12-01"),
        ("2026-12", "2026-12-01", "2027-01-01"),
        ("2024-02", "2024-02-01", "2024-03-01"),
        ("2026-W45", "2026-11-02", "2026-11-09"),
        ("2026-W53", "2026-12-28", "2027-01-04"),
        ("2026-W01", "2025-12-29", "2026-01-05"),
        ("2026-11-20", "2026-11-20", "2026-11-21"),
        ("today", "2026-11-21", "2026-11-22"),
        ("yesterday", "2026-11-20", "2026-11-21"),
        ("1d", "2026-11-21", "2026-11-22"),
        ("7d", "2026-11-15", "2026-11-22"),
        ("30d", "2026-10-23", "2026-11-22"),
        ("wtd", "2026-11-16", "2026-11-22"),
        ("mtd", "2026-11-01", "2026-11-22"),
        ("MTD", "2026-11-01", "2026-11-22"),
        ("qtd", "2026-10-01", "2026-11-22"),
        ("ytd", "2026-01-01", "2026-11-22"),
        ("last-week", "2026-11-09", "2026-11-16"),
        ("last-month", "2026-10-01", "2026-11-01"),
        ("last-quarter", "2026-07-01", "2026-10-01"),
        ("last-year", "2025-01-01", "2026-01-01"),
    ],
)
def test_a_name_is_a_period(text, since, until):
    assert parse_period(text, NOW, UTC) == Period(since=utc(since), until=utc(until))


def test_the_month_before_january_is_december():
    assert parse_period("last-month", utc("2027-01-31"), UTC) == Period(
        since=utc("2026-12-01"), until=utc("2027-01-01")
    )


def test_today_is_today_where_the_reader_is():
    late = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)

    assert parse_period("today", late, BERLIN) == Period(since=utc("2026-11-21T23:00"), until=utc("2026-11-22T23:00"))


@pytest.mark.parametrize(
    ("day", "hours"),
    [("2026-03-29", 23), ("2026-10-25", 25), ("2026-10-26", 24)],
)
def test_a_day_is_as_long_as_the_wall_clock_makes_it(day, hours):
    period = parse_period(day, NOW, BERLIN)

    assert period.until - period.since == timedelta(hours=hours)


def test_a_month_across_a_clock_change_starts_and_ends_at_local_midnight():
    # Summer time (+02:00) at the start, winter time (+01:00) at the end.
    assert parse_period("2026-10", NOW, BERLIN) == Period(since=utc("2026-09-30T22:00"), until=utc("2026-10-31T23:00"))


def test_a_day_whose_midnight_is_skipped_starts_when_the_clock_jumps():
    # Beirut went from 00:00 straight to 01:00 on 2024-03-31, at 22:00 UTC.
    period = parse_period("2024-03-31", NOW, ZoneInfo("Asia/Beirut"))

    assert period == Period(since=utc("2024-03-30T22:00"), until=utc("2024-03-31T21:00"))


@pytest.mark.parametrize(
    "text",
    [
        *("", "nov", "2026-13", "2026-00", "2026-1", "2026-Q5", "2026-W54", "2025-W53", "2026-02-30", "0000", "9999"),
        *("0d", "7", "-7d", "7 d", "9999999d", "last-fortnight", "2026-11-01/2026-11-02"),
    ],
)
def test_anything_else_names_the_valid_forms(text):
    with pytest.raises(UsageError) as caught:
        parse_period(text, NOW, UTC)

    assert repr(text) in caught.value.message
    assert "2026-Q4" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-01", "2026-10-31T23:00"),
        ("2026-11-01T08:30", "2026-11-01T07:30"),
        ("2026-11-01 08:30:15", "2026-11-01T07:30:15"),
        ("2026-11-01T08:30:00Z", "2026-11-01T08:30"),
        ("2026-11-01T08:30:00-05:00", "2026-11-01T13:30"),
        ("2026-07-01", "2026-06-30T22:00"),
        (" 2026-11-01 ", "2026-10-31T23:00"),
    ],
)
def test_an_instant_without_offset_is_in_the_time_zone(text, expected):
    instant = parse_instant(text, BERLIN)

    assert instant == utc(expected)
    assert instant.utcoffset() == timedelta(0)


@pytest.mark.parametrize("text", ["", "yesterday", "01/11/2026", "2026-11-31", "0001-01-01", "1793000000"])
def test_what_is_no_instant_is_refused(text):
    with pytest.raises(UsageError, match=r"as a time|outside the years"):
        parse_instant(text, BERLIN)


def test_the_clock_is_what_as_of_says_then_the_environment_then_the_system():
    environ = {"LLMCOST_NOW": "2026-05-01"}

    assert clock("2026-04-01", environ=environ) == utc("2026-04-01")
    assert clock(environ=environ) == utc("2026-05-01")
    assert clock(tz=BERLIN, environ=environ) == utc("2026-04-30T22:00")
    assert abs(clock(environ={"LLMCOST_NOW": ""}) - datetime.now(UTC)) < timedelta(minutes=1)


def test_an_unknown_time_zone_is_refused():
    assert time_zone("utc") is UTC
    assert time_zone("Europe/Berlin") == BERLIN
    for name in ("Europe/Berln", "", "../etc/passwd", "/etc/passwd", "Europe", "a\x00b"):
        with pytest.raises(UsageError, match="unknown time zone"):
            time_zone(name)


def test_the_whole_of_time_is_the_default():
    assert chosen_period(period=None, since=None, until=None, now=NOW, tz=UTC) == Period()


def test_since_and_until_are_half_open_and_may_stand_alone():
    assert chosen_period(period=None, since="2026-11-01", until=None, now=NOW, tz=UTC) == Period(
        since=utc("2026-11-01")
    )
    assert chosen_period(period=None, since="2026-11-01", until="2026-11-02", now=NOW, tz=UTC) == Period(
        since=utc("2026-11-01"), until=utc("2026-11-02")
    )


@pytest.mark.parametrize(
    "options",
    [
        {"period": "2026", "since": "2026-01-01", "until": None},
        {"period": None, "since": "2026-01-02", "until": "2026-01-01"},
        {"period": None, "since": "2026-01-01", "until": "2026-01-01"},
    ],
)
def test_options_that_contradict_each_other_are_refused(options):
    with pytest.raises(UsageError):
        chosen_period(**options, now=NOW, tz=UTC)


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("2026", "2025"),
        ("2026-Q1", "2025-Q4"),
        ("2026-03", "2026-02"),
        ("2026-01", "2025-12"),
        ("2026-W01", "2025-W52"),
        ("2026-10-25", "2026-10-24"),
        ("2026-03-30", "2026-03-29"),
    ],
)
@pytest.mark.parametrize("tz", [UTC, BERLIN])
def test_the_period_before_is_of_the_same_kind(text, before, tz):
    assert previous_period(parse_period(text, NOW, tz), tz) == parse_period(before, NOW, tz)


@pytest.mark.parametrize(
    ("text", "today", "since", "until"),
    [
        ("mtd", "2026-11-20", "2026-10-01", "2026-10-21"),
        ("mtd", "2026-11-01", "2026-10-01", "2026-10-02"),
        ("mtd", "2026-11-30", "2026-10-01", "2026-10-31"),
        # February has no more.
        ("mtd", "2026-03-30", "2026-02-01", "2026-03-01"),
        ("MTD", "2026-01-05", "2025-12-01", "2025-12-06"),
        # Monday to Wednesday.
        ("wtd", "2026-11-18", "2026-11-09", "2026-11-12"),
        # 31 days of October and 20 of November: July and 20 of August.
        ("qtd", "2026-11-20", "2026-07-01", "2026-08-21"),
        # The 60th day of 2024 is the 29th of February.
        ("ytd", "2024-02-29", "2023-01-01", "2023-03-02"),
        ("ytd", "2024-12-31", "2023-01-01", "2024-01-01"),
        ("today", "2026-11-20", "2026-11-19", "2026-11-20"),
    ],
)
@pytest.mark.parametrize("tz", [UTC, BERLIN])
def test_a_span_to_date_is_compared_with_as_many_first_days_of_the_one_before(text, today, since, until, tz):
    chosen = parse_period(text, datetime.fromisoformat(f"{today}T12:00").replace(tzinfo=tz), tz)

    bounds = (datetime.fromisoformat(day).replace(tzinfo=tz).astimezone(UTC) for day in (since, until))
    assert previous_period(chosen, tz) == Period(**dict(zip(("since", "until"), bounds, strict=True)))


def test_a_month_up_to_an_hour_is_compared_up_to_that_hour():
    chosen = replace(parse_period("mtd", NOW, UTC), until=NOW)

    assert previous_period(chosen, UTC) == Period(since=utc("2026-10-01"), until=utc("2026-10-21T18:30"))


def test_what_begins_later_than_the_month_is_not_a_month_to_date():
    chosen = replace(parse_period("mtd", NOW, UTC), since=utc("2026-11-12"))

    assert previous_period(chosen, UTC) == Period(since=utc("2026-11-02"), until=utc("2026-11-12"))


def test_the_days_before_some_days_are_as_many():
    assert previous_period(parse_period("7d", NOW, UTC), UTC) == Period(
        since=utc("2026-11-08"), until=utc("2026-11-15")
    )


def test_the_hours_before_some_hours_are_as_many():
    period = Period(since=utc("2026-11-01T10:00"), until=utc("2026-11-01T13:00"))

    assert previous_period(period, UTC) == Period(since=utc("2026-11-01T07:00"), until=utc("2026-11-01T10:00"))


@pytest.mark.parametrize("text", ["0001", "0001-Q1", "0001-01", "0001-01-01"])
@pytest.mark.parametrize("tz", [UTC, time_zone("America/New_York")])
def test_nothing_is_before_the_first_year(text, tz):
    with pytest.raises(UsageError, match="the period before is outside the years 1 to 9999"):
        previous_period(parse_period(text, NOW, tz), tz)


def test_no_hours_are_before_the_first_year():
    with pytest.raises(UsageError, match="outside the years"):
        previous_period(Period(since=utc("0001-01-01T01:00"), until=utc("0001-01-01T03:00")), UTC)


def test_an_unbounded_period_has_none_before_it():
    with pytest.raises(UsageError, match="unbounded"):
        previous_period(Period(since=NOW), UTC)


def test_a_period_is_in_utc():
    with pytest.raises(ValueError, match="in UTC"):
        Period(since=datetime(2026, 1, 1, tzinfo=BERLIN))


@given(
    day=st.dates(min_value=date(1975, 1, 1), max_value=date(2100, 1, 1)),
    name=st.sampled_from(
        ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Havana"]
    ),
)
def test_days_meet_without_gap_or_overlap(day, name):
    tz = ZoneInfo(name)
    today = parse_period(day.isoformat(), NOW, tz)
    tomorrow = parse_period((day + timedelta(days=1)).isoformat(), NOW, tz)

    assert today.since < today.until == tomorrow.since


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("europe/berlin", "'Europe/Berlin'"),
        ("new york", "'America/New_York'"),
        ("Asia/Calcuta", "'Asia/Calcutta'"),
        ("utc ", "'UTC'"),
        # Summer time in Berlin is none of EST, CET and WET.
        ("CEST", None),
        ("UTC+2", None),
        ("Mars/Base", None),
        ("../../etc/passwd", None),
    ],
)
def test_the_zone_that_was_meant_is_named(name, near):
    with pytest.raises(UsageError) as caught:
        time_zone(name)
    said = "use a name such as UTC, Europe/Berlin or America/New_York" if near is None else f"did you mean {near}?"
    assert (caught.value.message, caught.value.hint) == (f"unknown time zone {name!r}", said)
