"""Shares of the largest and Gini coefficients, worked out by hand."""

import itertools
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost.stats.concentration import Spread

amounts = st.lists(st.decimals(0, 10**6, places=6), min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        ([5, 5, 5, 5], 0.0),
        ([0, 0, 0, 8], 0.75),  # one of four holds all: (n - 1) / n
        ([1, 2, 3, 4], 0.25),  # 2 x (1 + 4 + 9 + 16) / (4 x 10) - 5 / 4
        ([4, 1, 3, 2], 0.25),
        ([Decimal("0.10"), Decimal("0.30")], 0.25),  # 2 x (0.1 + 0.6) / (2 x 0.4) - 3 / 2
        ([7], 0.0),
    ],
)
def test_gini_coefficients_worked_out_by_hand(held, expected):
    assert Spread(held).gini() == expected


def test_where_nobody_holds_anything_there_is_no_coefficient_and_no_curve():
    assert Spread([]).gini() is None
    assert Spread([0, 0]).gini() is None
    assert Spread([0, 0]).lorenz(Fraction(1, 2)) is None


def test_the_lorenz_curve_runs_straight_between_its_points():
    # 1, 2, 3, 4: the poorer half hold 3 of 10; the point at three eighths lies half way between 1 and 3 of 10.
    assert Spread([4, 2, 3, 1]).lorenz(Fraction(1, 2)) == 0.3
    assert Spread([4, 2, 3, 1]).lorenz(Fraction(3, 8)) == 0.2
    assert Spread([4, 2, 3, 1]).lorenz(Fraction(0)) == 0
    assert Spread([4, 2, 3, 1]).lorenz(Fraction(1)) == 1


def test_a_share_of_the_holders_is_rounded_up_to_whole_ones():
    assert Spread([1, 2, 3, 4]).largest(Fraction(1, 100)) == (1, 4)
    assert Spread([1, 2, 3, 4]).largest(Fraction(1, 2)) == (2, 7)
    assert Spread([1, 2, 3, 4]).largest(Fraction(51, 100)) == (3, 9)
    assert Spread([1, 2, 3, 4]).largest(Fraction(1)) == (4, 10)


def test_the_fewest_that_hold_a_share_are_the_largest():
    assert Spread([1, 2, 3, 4]).fewest_for(Fraction(1, 2)) == 2
    assert Spread([1, 2, 3, 4]).fewest_for(Fraction(4, 10)) == 1
    assert Spread([1, 2, 3, 4]).fewest_for(Fraction(1)) == 4


def test_what_is_owed_has_no_place_on_the_curve():
    with pytest.raises(ValueError, match="below zero"):
        Spread([1, -1]).gini()


@given(amounts)
def test_the_coefficient_is_twice_the_area_between_the_curve_and_equality(held):
    coefficient = Spread(held).gini()
    if coefficient is None:
        return
    points = [Spread(held).lorenz(Fraction(place, len(held))) for place in range(len(held) + 1)]
    below = sum((one + other) / 2 for one, other in itertools.pairwise(points)) / len(held)

    assert coefficient == pytest.approx(1 - 2 * below, abs=1e-9)
    assert 0 <= coefficient < 1


@given(amounts, st.fractions(0, 1))
def test_the_top_and_the_rest_are_all(held, share):
    count, top = Spread(held).largest(share)

    assert top == sum(sorted(map(Fraction, held), reverse=True)[:count])
    fewest = Spread(held).fewest_for(share)
    falling = sorted(map(Fraction, held), reverse=True)
    assert sum(falling[:fewest]) >= share * sum(falling)
    assert not fewest or sum(falling[: fewest - 1]) < share * sum(falling)
