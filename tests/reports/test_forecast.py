"""What a month will have cost: which days count, what the running day adds, when there is no answer."""

import json
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from llmcost.domain.errors import DataError, UsageError
from llmcost.domain.period import parse_instant, time_zone
from llmcost.render.forecast import render_forecast
from llmcost.render.surface import Surface
from llmcost.reports.forecast import forecast
from llmcost.reports.question import Question

ROW = {
    "part": 0,
    "source": "llmcost",
    "issuer": "openai",
    "ingest_id": 1,
    "time_origin": "log",
    "final": True,
    "provider": "openai",
    "model": "gpt-5",
    "operation": "chat",
    "status": "ok",
    "gateway_cached": False,
    "usage_origin": "billed",
    "cost_status": "priced",
    "charge_basis": "metered",
}


@pytest.fixture
def spend(ledger):
    def put(started_at, cost, **values):
        row = {**ROW, "started_at": started_at, "cost": Decimal(cost), **values}
        marks = ", ".join(f"${name}" for name in row)
        ledger.execute(f"insert into request (row_key, {', '.join(row)}) values (uuid(), {marks})", row)

    return put


@pytest.fixture
def daily(spend):
    """One dollar at one o'clock of each day."""

    def put(first, days, cost="1", **values):
        for place in range(days):
            spend(datetime.fromisoformat(first) + timedelta(days=place, hours=1), cost, **values)

    return put


@pytest.fixture
def ask(ledger):
    def run(as_of, *, target="month", zone="UTC", **question):
        tz = time_zone(zone)
        return forecast(ledger, Question(zone=tz, **question), target, parse_instant(as_of, tz).astimezone(tz))

    return run


def test_a_dollar_a_day_is_thirty_dollars_in_november(daily, ask):
    daily("2026-09-01", 80)  # through 2026-11-19
    found = ask("2026-11-20")

    assert found.whole.spent == 19
    assert (found.whole.expected, found.whole.low, found.whole.high) == (30, 30, 30)
    assert (found.first, found.end) == (date(2026, 11, 1), date(2026, 12, 1))


@pytest.mark.slow
def test_half_a_year_of_a_longer_history_is_used_and_told(daily, ask):
    daily("2025-12-25", 330)  # through 2026-11-19
    found = ask("2026-11-20")

    assert json.loads(render_forecast(found, "json", Surface()))["total"]["history_days"] == 330
    assert "on the last 182 of 330 days of history" in " ".join(render_forecast(found, "table", Surface()).split())


def test_the_next_month_is_forecast_whole(daily, ask):
    daily("2026-09-01", 80)
    found = ask("2026-11-20", target="next-month")

    assert (found.first, found.end) == (date(2026, 12, 1), date(2027, 1, 1))
    assert (found.whole.spent, found.whole.expected) == (0, 31)


def test_the_running_day_counts_with_what_it_cost_and_the_rest_of_it(daily, spend, ask):
    daily("2026-09-01", 80)
    spend(datetime(2026, 11, 20, 11), "7")  # noqa: DTZ001  the ledger's naive UTC

    # 19 days, 7 so far today, half a day and ten more days at a dollar.
    assert ask("2026-11-20T12:00").whole.expected == Decimal("36.50")


def test_a_day_of_25_hours_is_one_day(daily, spend, ask):
    daily("2026-08-30", 57)  # through 2026-10-25, when Berlin's clocks go back
    spend(datetime(2026, 10, 25, 22, 30), "0")  # noqa: DTZ001  23:30 in Berlin
    found = ask("2026-10-25T23:45", zone="Europe/Berlin")

    # 25 dollars so far; 15 minutes of a day of 25 hours are a hundredth of it; six days more.
    assert found.whole.expected == Decimal("31.01")


def test_days_without_requests_are_days_without_cost(daily, spend, ask):
    for week in range(12):
        daily((date(2026, 8, 31) + timedelta(weeks=week)).isoformat(), 5, "2")  # Mondays to Fridays
    spend(datetime(2026, 11, 22, 1), "0")  # noqa: DTZ001  a Sunday

    found = ask("2026-11-23")
    # November has 21 working days: 15 are over, 6 to come.
    assert found.whole.spent == 30
    assert found.whole.expected == 42


def test_too_little_history_is_refused_in_words(daily, ask):
    daily("2026-11-01", 19)

    with pytest.raises(
        DataError, match="19 whole days of history are too few to forecast from: 28 are needed"
    ) as refusal:
        ask("2026-11-20")
    assert refusal.value.hint is not None
    assert "from 2026-11-29 on" in refusal.value.hint


def test_old_data_is_refused_since_silence_is_not_saving(daily, ask):
    daily("2026-09-01", 80)

    with pytest.raises(DataError, match="the newest request is of 2026-11-19 01:00 UTC"):
        ask("2026-11-25")


@pytest.fixture
def exported(ledger):
    """Two dollars a day, up to and without a day."""

    def put(first, until):
        ledger.execute(
            """
            insert into usage_bucket by name select
                uuid() as bucket_key, 'openai-costs' as source, 1 as ingest_id, bucket_start,
                bucket_start + interval 1 day as bucket_end, 2 as cost, 'billed' as cost_status
            from generate_series($first::timestamp, $until::timestamp - interval 1 day, interval 1 day) as days(bucket_start)
            """,
            {"first": first, "until": until},
        )

    return put


def test_exports_are_forecast_as_of_their_end(daily, exported, ask):
    """They come a day late: the days since are not known, and no days without cost."""
    exported("2026-09-01", "2026-11-19")
    daily("2026-09-01", 81)
    found = ask("2026-11-20 15:00", basis="exports")

    assert (found.basis, found.now.isoformat()) == ("exports", "2026-11-19T00:00:00+00:00")
    assert (found.whole.spent, found.whole.expected, found.capacity) == (36, 60, ())
    assert (ask("2026-11-20").basis, ask("2026-11-20").whole.expected) == ("requests", 30)


def test_exports_stand_in_where_there_are_no_requests(exported, ask):
    exported("2026-09-01", "2026-11-19")
    assert ask("2026-11-20 15:00").whole.expected == 60
    with pytest.raises(DataError, match="the exports end at 2026-11-19 00:00 UTC") as refusal:
        ask("2026-11-22")
    assert refusal.value.hint == "ingest newer ones, or forecast from then with --as-of 2026-11-19T00:00Z"
    assert ask("2026-11-19").whole.expected == 60


def test_an_export_of_the_running_day_does_not_reach_into_the_future(exported, ask):
    exported("2026-09-01", "2026-11-21")
    assert ask("2026-11-20 12:00").now.isoformat() == "2026-11-20T12:00:00+00:00"


def test_a_new_group_has_no_forecast_while_the_others_have(daily, ask):
    daily("2026-09-01", 80, team="old")
    daily("2026-11-10", 10, team="new")
    found = ask("2026-11-20", by=("team",))

    assert [(row.values, row.expected, row.history) for row in found.rows] == [(("old",), 30, 80), (("new",), None, 10)]


def test_a_log_that_begins_at_noon_has_no_first_day(spend, daily, ask):
    spend(datetime(2026, 9, 1, 12), "100")  # noqa: DTZ001  the ledger's naive UTC
    daily("2026-09-02", 79)

    assert ask("2026-11-20").whole.history == 79


def test_what_a_first_day_that_is_not_whole_cost_is_spent_all_the_same(spend, daily, ask):
    spend(datetime(2026, 10, 1, 10), "100", team="backfill")  # noqa: DTZ001  the ledger's naive UTC
    daily("2026-10-02", 30, team="app")  # through 2026-10-31
    found = ask("2026-10-31T12:00", by=("team",))

    # 100 on the 1st and 30 days at a dollar; the running day's dollar is spent, and half a day more is expected.
    assert (found.whole.spent, found.whole.expected, found.whole.history) == (130, Decimal("130.50"), 29)
    assert {row.values: (row.spent, row.expected) for row in found.rows} == {
        ("backfill",): (100, None),
        ("app",): (30, Decimal("30.50")),
    }


def test_growth_is_taken_of_equal_and_aligned_windows(daily, ask):
    daily("2026-09-01", 61)  # September and October
    daily("2026-11-01", 19, "2")
    changes = {one.name: one for one in ask("2026-11-20").whole.growth}

    assert (changes["week"].before, changes["week"].after) == (14, 14)
    assert (changes["four-weeks"].before, changes["four-weeks"].after) == (28, 9 + 2 * 19)
    assert (changes["month-to-date"].before, changes["month-to-date"].after) == (19, 38)
    assert changes["month-to-date"].share == 1
    assert {one.since.weekday() == one.before_since.weekday() for one in (changes["week"], changes["four-weeks"])} == {
        True
    }


def test_a_percentage_of_almost_nothing_is_not_told(daily, ask):
    daily("2026-09-01", 80, "0.1")

    assert {one.share for one in ask("2026-11-20").whole.growth if one.name == "week"} == {None}


def test_the_busiest_minutes_are_told_by_model(daily, spend, ask):
    daily("2026-09-01", 80)
    for second in range(5):
        spend(datetime(2026, 11, 19, 8, 0, second), "0", model="gpt-5-mini", output_text_tokens=100)  # noqa: DTZ001
    found = ask("2026-11-20")

    assert [(one.model, one.requests, one.tokens) for one in found.capacity] == [
        ("gpt-5-mini", 5, 500),
        ("gpt-5", 1, None),
    ]


def test_a_forecast_is_not_taken_apart_by_time(daily, ask):
    daily("2026-09-01", 80)

    with pytest.raises(UsageError, match="cannot be taken apart by time"):
        ask("2026-11-20", by=("week",))
