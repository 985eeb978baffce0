"""Robust statistics against values worked out by hand or published."""

import pytest

from llmcost.stats.proportions import sample_size, wilson_interval
from llmcost.stats.robust import mad, mann_kendall, pettitt, robust_z, theil_sen


def test_the_mad_is_the_median_distance_from_the_median():
    assert mad([1, 1, 2, 2, 4, 6, 9]) == 1


def test_a_robust_z_is_scaled_as_a_standard_deviation():
    # Median 10, deviations 2 1 0 1 2: MAD 1, scale 1.4826.
    assert robust_z(20, [8, 9, 10, 11, 12]) == pytest.approx(10 / 1.4826022185056018, abs=1e-12)


def test_without_any_spread_only_the_median_itself_is_usual():
    assert robust_z(5, [5, 5, 5]) == 0
    assert robust_z(6, [5, 5, 5]) == float("inf")
    assert robust_z(4, [5, 5, 5]) == float("-inf")
    assert robust_z(6, [5, 5, 5], least_scale=0.5) == 2


def test_the_slope_is_the_median_of_all_slopes_so_one_wild_value_does_not_move_it():
    assert theil_sen([0, 1, 2, 3, 100, 5, 6]) == 1


def test_mann_kendall_of_ten_rising_values_is_as_tabled():
    # S = 45, variance 125, Z = 44 / sqrt(125) = 3.9354796; two-sided p by the complementary error function.
    assert mann_kendall(range(10)) == pytest.approx(8.303070332638e-05, rel=1e-9)


def test_no_trend_in_what_never_changes():
    assert mann_kendall([3.0] * 8) == 1


def test_pettitt_finds_where_the_level_changes():
    # K = 10 x 10, p = 2 exp(-6 x 100^2 / (20^3 + 20^2)).
    shift = pettitt([1.0] * 10 + [2.0] * 10)

    assert (shift.at, shift.before, shift.after) == (10, 1, 2)
    assert shift.p == pytest.approx(0.00158098, rel=1e-5)


def test_wilsons_interval_is_as_published():
    # Newcombe 1998, table I: 81 of 263 is 0.2553 to 0.3662.
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)


def test_a_share_to_five_points_takes_385_answers():
    assert sample_size(0.05) == 385


@pytest.mark.parametrize("wrong", [lambda: wilson_interval(1, 0), lambda: theil_sen([1]), lambda: pettitt([1, 2])])
def test_what_has_no_answer_is_refused(wrong):
    with pytest.raises(ValueError, match=r"."):
        wrong()
