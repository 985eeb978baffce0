"""Forecasting methods on series whose continuation is known by construction."""

import pytest

from llmcost.stats.forecasting import METHODS, holt_winters, seasonal_naive, weekday_median, weekday_profile

WEEK = [10.0, 20.0, 30.0, 40.0, 50.0, 5.0, 0.0]


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("cut", range(7))
def test_every_method_continues_a_series_that_repeats_each_week(name, cut):
    past = (WEEK * 6)[cut:]

    assert METHODS[name](past, 10) == pytest.approx((WEEK * 2)[:10])


@pytest.mark.parametrize("name", METHODS)
def test_every_method_continues_silence_with_silence(name):
    assert METHODS[name]([0.0] * 28, 3) == [0.0] * 3


def test_a_profile_follows_a_doubled_level():
    assert weekday_profile([*WEEK * 6, *(2 * amount for amount in WEEK * 2)], 7)[4] == pytest.approx(100)


def test_a_median_forgets_one_strange_day():
    past = WEEK * 4
    past[7] = 9000.0

    assert weekday_median(past, 1) == [10.0]  # the median of 10, 9000, 10 and 10
    assert seasonal_naive(past, 1) == [10.0]


def test_smoothing_follows_growth_and_is_never_below_nothing():
    rising = [100.0 + day for day in range(60)]
    falling = [max(60.0 - 2 * day, 0.0) for day in range(40)]

    assert holt_winters(rising, 7)[-1] > rising[-1]
    assert min(holt_winters(falling, 60)) >= 0
