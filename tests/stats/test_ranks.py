"""Rank correlations, worked out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost.stats.ranks import ranks, spearman


def test_equal_values_share_the_mean_of_their_ranks():
    assert ranks([10, 20, 20, 5, 20]) == [2, 4, 4, 1, 4]
    assert ranks([]) == []


def test_a_correlation_without_ties_is_that_of_the_textbook():
    # https://en.wikipedia.org/wiki/Spearman%27s_rank_correlation_coefficient#Example: 1 - 6 x 194 / (10 x 99)
    intelligence = [106, 100, 86, 101, 99, 103, 97, 113, 112, 110]
    hours = [7, 27, 2, 50, 28, 29, 20, 12, 6, 17]

    found = spearman(intelligence, hours)

    assert found.rho == pytest.approx(1 - 6 * 194 / (10 * 99))
    assert found.pairs == 10
    assert found.low < found.rho < found.high


def test_a_correlation_with_ties_worked_out_by_hand():
    # Ranks 1, 2.5, 2.5, 4, 5 and 1, 2, 3, 4.5, 4.5; less their mean 3 that is -2, -.5, -.5, 1, 2 and -2, -1, 0, 1.5, 1.5:
    # products 4 + .5 + 0 + 1.5 + 3 = 9, squares 4 + .25 + .25 + 1 + 4 = 9.5 and 4 + 1 + 0 + 2.25 + 2.25 = 9.5.
    assert spearman([1, 2, 2, 3, 9], [10, 20, 30, 40, 40]).rho == pytest.approx(9 / 9.5)


def test_few_pairs_and_a_constant_say_nothing():
    assert spearman([1, 2, 3, 4], [1, 2, 3, 4]) is None
    assert spearman([1, 2, 3, 4, 5], [7, 7, 7, 7, 7]) is None


def test_sides_of_different_length_are_no_pairs():
    with pytest.raises(ValueError, match="pairs"):
        spearman([1, 2], [1])


@given(st.lists(st.tuples(st.integers(-100, 100), st.integers(-100, 100)), min_size=5, max_size=30))
def test_a_correlation_depends_on_nothing_but_the_order(pairs):
    first, second = zip(*pairs, strict=True)
    found = spearman(first, second)
    bent = spearman([value**3 for value in first], [2 * value + 1 for value in second])

    assert found == bent
    if found is not None:
        assert -1 <= found.low <= found.rho <= found.high <= 1
        assert spearman([-value for value in first], second).rho == pytest.approx(-found.rho)
