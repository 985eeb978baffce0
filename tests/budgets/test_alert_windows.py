"""Which stretch of time an alert rule looks at."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from llmcost.budgets.alerts.windows import is_window, span

NOW = datetime(2026, 11, 18, 15, 30, tzinfo=UTC)  # a Wednesday


def at(month, day, hour=0, minute=0):
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("window", "since", "before"),
    [
        ("day", at(11, 18), (at(11, 17), at(11, 17, 15, 30))),
        ("week", at(11, 16), (at(11, 9), at(11, 11, 15, 30))),
        ("month", at(11, 1), (at(10, 1), at(10, 18, 15, 30))),
        ("quarter", at(10, 1), (at(7, 1), at(8, 18, 15, 30))),
    ],
)
def test_a_running_window_is_compared_as_far_as_it_has_come(window, since, before):
    found = span(window, NOW, UTC, compare=True)

    assert (found.period.since, found.period.until) == (since, NOW)
    assert found.before is not None
    assert (found.before.since, found.before.until) == before
    assert found.start == since.replace(tzinfo=None)


def test_a_longer_month_is_compared_with_the_whole_shorter_one():
    found = span("month", at(3, 31, 12), UTC, compare=True)

    assert found.before is not None
    assert (found.before.since, found.before.until) == (at(2, 1), at(3, 1))


def test_compared_days_are_whole_and_others_include_today():
    compared = span("7d", NOW, UTC, compare=True)
    assert (compared.period.since, compared.period.until) == (at(11, 11), at(11, 18))
    assert compared.before is not None
    assert (compared.before.since, compared.before.until) == (at(11, 4), at(11, 11))

    plain = span("7d", NOW, UTC, compare=False)
    assert (plain.period.since, plain.period.until, plain.start) == (at(11, 12), NOW, None)


def test_hours_are_hours_and_days_are_those_of_the_clock_when_clocks_change():
    berlin = ZoneInfo("Europe/Berlin")
    now = at(10, 26, 12)  # the day before had 25 hours

    assert span("24h", now, berlin, compare=False).period.since == at(10, 25, 12)
    assert span("2d", now, berlin, compare=False).period.since == at(10, 24, 22)


@pytest.mark.parametrize("text", ["", "0h", "7", "7w", "fortnight", "-1d", "999999h"])
def test_other_words_are_no_windows(text):
    assert not is_window(text)
