"""The scoring rules by hand, and which values the arithmetic of `spend-anomaly` names."""

from math import exp

import pytest
from tools.anomaly_score import score

from llmcost.stats.anomalies import unusual

WEEK = [10.0, 12.0, 11.0, 13.0, 12.0, 4.0, 3.0]


def sigmoid(position):
    return 2 / (1 + exp(5 * position)) - 1


def test_silence_costs_one_for_each_label():
    # 200 values, a window of 20 from 90 to 110.
    assert score([], [100], 200) == (-1, -1, 1)


def test_the_first_value_of_a_window_earns_all():
    earned, _, perfect = score([90], [100], 200)

    assert earned == pytest.approx(perfect)


def test_a_later_detection_earns_less_and_only_the_first_counts():
    earned, _, _ = score([100, 105], [100], 200)

    # The window has 21 values; 11 are left.
    assert earned == pytest.approx(sigmoid(-11 / 21) / sigmoid(-1))


def test_a_false_alarm_costs_eleven_hundredths_and_less_right_after_a_window():
    assert score([50], [100], 200)[0] == pytest.approx(-1 - 0.11)
    assert score([115], [100], 200)[0] == pytest.approx(-1 + 0.11 * sigmoid(5 / 20))


def test_the_beginning_is_not_judged():
    assert score([10], [100], 200) == score([], [100], 200)


def test_only_what_is_far_above_days_like_it_is_unusual():
    days = [*WEEK * 4, *WEEK]
    days[30] = 60.0

    assert unusual(days) == {30: 11.0}


def test_a_usual_weekday_is_not_unusual_after_a_weekend():
    assert unusual(WEEK * 6) == {}


def test_too_small_a_rise_is_left_out():
    days = [*WEEK * 4, *WEEK]
    days[30] = 60.0

    assert unusual(days, least=50) == {}


def test_two_seasons_are_not_enough_to_judge():
    assert unusual([*WEEK * 2]) == {}
