"""Intervals of differences, against published examples."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost.stats.differences import Sample, newcombe, student_quantile, welch


@pytest.mark.parametrize(
    ("freedom", "probability", "expected"),
    [
        # https://www.itl.nist.gov/div898/handbook/eda/section3/eda3672.htm
        (1, 0.975, 12.706),
        (5, 0.975, 2.571),
        (10, 0.95, 1.812),
        (30, 0.975, 2.042),
        (100, 0.995, 2.626),
        (1e7, 0.975, 1.960),
        (3, 0.5, 0.0),
    ],
)
def test_quantiles_of_t_are_those_of_the_tables(freedom, probability, expected):
    assert student_quantile(probability, freedom) == pytest.approx(expected, abs=6e-4)


def test_quantiles_with_one_degree_of_freedom_have_a_formula():
    for probability in (0.6, 0.9, 0.99, 0.999):
        assert student_quantile(probability, 1) == pytest.approx(math.tan(math.pi * (probability - 0.5)), rel=1e-9)


def test_no_quantile_outside_of_its_range():
    with pytest.raises(ValueError, match="no quantile"):
        student_quantile(0.4, 5)


def test_two_means_worked_out_by_hand():
    # 12 - 10 with 16/16 + 9/9 = 2 under the root; degrees of freedom 4 / (1/15 + 1/8) = 20.87, whose t is 2.0804.
    found = welch(Sample(count=16, mean=10, variance=16), Sample(count=9, mean=12, variance=9))

    assert found.value == 2
    assert found.high - 2 == pytest.approx(2.0804 * math.sqrt(2), abs=1e-3)
    assert found.low == pytest.approx(4 - found.high)
    assert not found.clear


def test_means_that_never_vary_differ_by_just_that():
    found = welch(Sample(count=2, mean=1, variance=0), Sample(count=2, mean=3, variance=0))

    assert (found.low, found.value, found.high) == (2, 2, 2)


def test_a_variance_takes_two_values():
    with pytest.raises(ValueError, match="two values"):
        welch(Sample(count=1, mean=1, variance=0), Sample(count=9, mean=3, variance=1))


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        # Newcombe 1998, table II, method 10, with the second share less the first.
        ((48, 80), (56, 70), 0.0524, 0.3339),
        ((3, 10), (9, 10), 0.1705, 0.8090),
        ((2, 7), (6, 7), 0.0582, 0.8062),
        ((0, 29), (5, 56), -0.0381, 0.1926),
        ((0, 20), (10, 10), 0.6791, 1.0000),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((0, 10), (10, 10), 0.6075, 1.0000),
    ],
)
def test_two_shares_as_in_the_paper(first, second, low, high):
    found = newcombe(first, second)

    assert (found.low, found.high) == (pytest.approx(low, abs=1e-3), pytest.approx(high, abs=1e-3))


@given(st.integers(1, 200), st.integers(1, 200), st.data())
def test_the_interval_holds_the_difference_and_turns_with_its_sides(first, second, data):
    hits = data.draw(st.integers(0, first)), data.draw(st.integers(0, second))
    found = newcombe((hits[0], first), (hits[1], second))
    turned = newcombe((hits[1], second), (hits[0], first))

    assert -1 <= found.low <= found.value <= found.high <= 1
    assert (turned.low, turned.high) == (pytest.approx(-found.high), pytest.approx(-found.low))
