"""Forecasts tried on the past: what is chosen, how wide the interval is, when there is none."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost.stats.backtest import MIN_HISTORY, forecast

WEEK = [10.0, 20.0, 30.0, 40.0, 50.0, 5.0, 0.0]


def test_below_the_minimum_history_there_is_no_forecast():
    assert forecast([1.0] * (MIN_HISTORY - 1), 0, 5) is None
    assert forecast([1.0] * MIN_HISTORY, 0, 5) is not None


def test_what_repeats_exactly_is_forecast_exactly():
    found = forecast(WEEK * 10, 0, 9)

    assert found is not None
    assert found.total == pytest.approx(155 + 10 + 20)
    assert found.margin == pytest.approx(0, abs=1e-9)
    assert found.error == pytest.approx(0, abs=1e-9)


def test_a_later_stretch_is_forecast_without_the_days_before_it():
    found = forecast(WEEK * 20, 5, 2)

    assert found is not None
    assert found.total == pytest.approx(5.0)
    assert len(found.daily) == 7


def test_of_equal_methods_the_simplest_is_taken():
    found = forecast([3.0] * 60, 0, 10)

    assert found is not None
    assert (found.method, found.total, found.margin) == ("weekday-profile", pytest.approx(30), 0)


def test_a_short_past_is_tested_on_a_shorter_stretch():
    found = forecast([1.0, 2.0] * 14, 10, 30)

    assert found is not None
    # 14 days are left to test on, half of them 7; 7 x 30 / 40 of the stretch.
    assert found.tested_days == 5
    assert found.days == 30
    assert found.coverage is None


def test_nothing_comes_of_nothing_and_no_error_is_claimed():
    found = forecast([0.0] * 40, 0, 10)

    assert found is not None
    assert (found.total, found.margin, found.error) == (0, 0, None)


def test_the_rank_of_the_margin_is_that_of_split_conformal_prediction():
    """28 days of which the last 14 are alternately tested: errors of a constant forecast are known by hand."""
    past = [10.0] * 27 + [24.0]
    found = forecast(past, 0, 1)

    # Origins 14 to 27 forecast 10 each; 13 are right and one is off by 14. Rank ceil(15 x 0.8) = 12 of 14: no error.
    assert found is not None
    assert found.origins == 14
    assert found.margin == pytest.approx(0, abs=1e-9)
    assert found.error == pytest.approx(14 / (13 * 10 + 24))


@given(
    st.lists(st.floats(0, 1e6, allow_subnormal=False), min_size=28, max_size=80), st.integers(0, 40), st.integers(1, 40)
)
def test_any_history_gives_a_finite_forecast_that_is_not_negative(past, lead, length):
    found = forecast(past, lead, length)

    assert found is not None
    assert len(found.daily) == lead + length
    assert 0 <= found.total < 1e12
    assert 0 <= found.margin < float("inf")
    assert found.error is None or found.error >= 0


def test_intervals_hold_about_four_in_five_outcomes_of_noise():
    """Outcomes after the history, which no part of the back-test has seen."""
    chance = random.Random(7)  # noqa: S311  a repeatable series, no secret
    held = 0
    for _ in range(60):
        series = [amount * chance.uniform(0.6, 1.4) + chance.expovariate(0.5) for amount in WEEK * 14]
        found = forecast(series[:-10], 0, 10)
        assert found is not None
        held += abs(sum(series[-10:]) - found.total) <= found.margin

    assert 0.68 <= held / 60 <= 0.95
