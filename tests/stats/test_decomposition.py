"""A change taken apart adds up to the difference, whatever the numbers are."""

from decimal import Decimal
from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fewer import FEWEST

from llmcost.domain.exact import total
from llmcost.stats.decomposition import EFFECTS, Usage, decomposed, shapley

_money = st.decimals(min_value=0, max_value=10**9, places=12, allow_nan=False, allow_infinity=False)
_counts = st.integers(min_value=0, max_value=10**12)


@st.composite
def _usage(draw):
    requests = draw(st.integers(min_value=0, max_value=10**6))
    return Usage(
        requests=requests,
        served=draw(st.integers(min_value=0, max_value=requests)),
        input_tokens=draw(_counts),
        cached_tokens=draw(_counts),
        output_tokens=draw(_counts),
        input_cost=draw(_money),
        cached_cost=draw(_money),
        output_cost=draw(_money),
        cost=draw(_money),
    )


_change = st.dictionaries(
    st.tuples(st.tuples(st.sampled_from(["a", "b", None])), st.sampled_from(["gpt-5", "opus", None])),
    st.tuples(st.one_of(st.just(Usage()), _usage()), st.one_of(st.just(Usage()), _usage())),
    max_size=6,
)


@settings(max_examples=150, deadline=None)
@given(_change)
def test_effects_and_segments_add_up_to_the_difference_to_the_last_digit(change):
    found = decomposed(change)
    difference = sum(Fraction(after.cost) - Fraction(before.cost) for before, after in change.values())

    assert Fraction(found.change) == difference
    assert sum(map(Fraction, found.effects)) == difference
    assert sum(Fraction(one.change) for one in found.segments) == difference
    for one in found.segments:
        assert Fraction(total(one.effects)) == Fraction(one.change)


_positive = st.fractions(min_value=0, max_value=100, max_denominator=50)
_shares = st.fractions(min_value=0, max_value=1, max_denominator=50)


@st.composite
def _factors(draw):
    return (
        draw(_positive),
        draw(_shares),
        draw(_shares),
        (draw(_positive), draw(_positive)),
        draw(_shares),
        tuple(draw(_positive) for _ in range(4)),
    )


def _value(factors):
    requests, mix, served, (read, output), cached, (fresh, hit, written, rest) = factors
    return requests * mix * served * (read * (1 - cached) * fresh + read * cached * hit + output * written + rest)


def _is_the_mean(before, after):
    """The definition itself, by walking all 720 orders."""
    sums = [Fraction(0)] * len(EFFECTS)
    orders = list(permutations(range(len(EFFECTS))))
    for order in orders:
        now = list(before)
        for place in order:
            earlier = _value(now)
            now[place] = after[place]
            sums[place] += _value(now) - earlier

    assert shapley(before, after) == [one / len(orders) for one in sums]


@FEWEST
@given(_factors(), _factors())
@pytest.mark.slow
def test_an_effect_is_the_mean_over_every_order_of_change(before, after):
    _is_the_mean(before, after)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(_factors(), _factors())
def test_an_effect_is_the_mean_over_every_order_of_change_many_times(before, after):
    _is_the_mean(before, after)


def _calls(requests, *, tokens=1000, price="0.001", served=None):
    served = requests if served is None else served
    cost = Decimal(price) * served * tokens
    return Usage(requests=requests, served=served, input_tokens=served * tokens, input_cost=cost, cost=cost)


def test_twice_the_requests_is_volume_alone():
    found = decomposed({(("chat",), "gpt-5"): (_calls(10), _calls(20))})

    assert dict(zip(EFFECTS, found.effects, strict=True)) == {**dict.fromkeys(EFFECTS, 0), "volume": Decimal(10)}


def test_a_price_that_doubles_is_price_alone():
    found = decomposed({(("chat",), "gpt-5"): (_calls(10), _calls(10, price="0.002"))})

    assert dict(zip(EFFECTS, found.effects, strict=True)) == {**dict.fromkeys(EFFECTS, 0), "price": Decimal(10)}


def test_a_model_that_takes_over_from_a_cheaper_one_is_mix_alone():
    dear = _calls(10, price="0.005")
    found = decomposed({(("chat",), "small"): (_calls(10), Usage()), (("chat",), "large"): (Usage(), dear)})

    assert dict(zip(EFFECTS, found.effects, strict=True)) == {**dict.fromkeys(EFFECTS, 0), "mix": Decimal(40)}


def test_requests_that_fail_free_of_charge_are_errors_alone():
    found = decomposed({(("chat",), "gpt-5"): (_calls(10), _calls(10, served=5))})

    assert dict(zip(EFFECTS, found.effects, strict=True)) == {**dict.fromkeys(EFFECTS, 0), "errors": Decimal(-5)}


def test_input_read_from_a_cache_is_cache_alone():
    fresh = Usage(requests=1, served=1, input_tokens=1000, input_cost=Decimal(10), cost=Decimal(10))
    half = Usage(
        requests=1,
        served=1,
        input_tokens=500,
        cached_tokens=500,
        input_cost=Decimal(5),
        cached_cost=Decimal("0.5"),
        cost=Decimal("5.5"),
    )
    found = decomposed({(("chat",), "gpt-5"): (fresh, half)})

    assert dict(zip(EFFECTS, found.effects, strict=True)) == {**dict.fromkeys(EFFECTS, 0), "cache": Decimal("-4.5")}


def test_a_new_segment_is_volume_and_comes_first():
    found = decomposed({(("old",), "gpt-5"): (_calls(10), _calls(11)), (("new",), "gpt-5"): (Usage(), _calls(7))})

    assert [(one.segment, one.change) for one in found.segments] == [(("new",), 7), (("old",), 1)]
    assert found.effects[0] == found.change == 8
