"""Counts over time in one line."""

from datetime import UTC, datetime, timedelta

from llmcost.render.strip import strip

FIRST = datetime(2026, 11, 2, tzinfo=UTC)
HOUR = int(FIRST.timestamp()) // 3600


def test_each_hour_is_a_sign_and_the_largest_count_the_tallest():
    hours = [(HOUR, 1), (HOUR + 2, 8), (HOUR + 3, 4)]

    assert strip(hours, FIRST, FIRST + timedelta(hours=4), 10) == ("▁·█▄·", "1 h")
    assert strip(hours, FIRST, FIRST + timedelta(hours=4), 10, unicode=False) == (":.@+.", "1 h")


def test_a_long_time_is_cut_into_stretches_that_fit():
    text, step = strip([(HOUR, 5), (HOUR + 47, 5)], FIRST, FIRST + timedelta(days=2), 3)

    # 49 hours in at most 3 signs: a day each.
    assert (text, step) == ("██·", "1 d")


def test_nothing_is_dots():
    assert strip([], FIRST, FIRST, 5) == ("·", "1 h")
