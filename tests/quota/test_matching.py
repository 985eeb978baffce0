"""Covering and meeting, against every request of a small world."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcost.quota.limit import Condition, Matcher
from llmcost.quota.matching import covers, matches, meet, pattern_covers, patterns_meet, uncovered

_MODELS = ("a/x", "a/y", "b/x", "other")
_TIERS = ("free", "pro", "other")
_PATTERNS = ("a/x", "a/y", "b/x", "a/*", "b/*")


def _condition(dimension, values):
    return st.one_of(
        st.builds(Condition, dimension=st.just(dimension), values=st.frozensets(st.sampled_from(values), min_size=1)),
        st.builds(
            Condition, dimension=st.just(dimension), excluded=st.frozensets(st.sampled_from(values[:-1]), min_size=1)
        ),
    )


_MATCHERS = st.builds(
    lambda *conditions: Matcher(conditions=tuple(one for one in conditions if one is not None)),
    st.none() | _condition("model", _PATTERNS),
    st.none() | _condition("metadata.tier", _TIERS[:2]),
)
_WITHOUT_EXCLUSIONS = _MATCHERS.filter(lambda one: not any(condition.excluded for condition in one.conditions))


def _world(matcher):
    return {
        (model, tier)
        for model, tier in product(_MODELS, _TIERS)
        if matches(matcher, {"model": [model], "metadata.tier": [tier]})
    }


@given(_MATCHERS, _MATCHERS)
def test_what_covers_matches_all_that_the_other_does(outer, inner):
    if covers(outer, inner):
        assert _world(outer) >= _world(inner)


@given(_WITHOUT_EXCLUSIONS, _WITHOUT_EXCLUSIONS)
def test_what_does_not_cover_misses_some_request(outer, inner):
    """The world has a member for each pattern and one outside all of them, so it can show every difference."""
    if covers(outer, inner) is False:
        # `a/*` has more members than the two named, and a rule for all more than those: a fresh one of each.
        fresh = [
            ("a/new", "free"),
            ("a/new", "pro"),
            ("a/new", "new"),
            ("b/new", "free"),
            ("b/new", "pro"),
            ("b/new", "new"),
        ]
        fresh += [(model, "new") for model in _MODELS] + [("new", tier) for tier in (*_TIERS, "new")]
        points = {*fresh, *product(_MODELS, _TIERS)}
        seen = [
            {pair for pair in points if matches(one, {"model": [pair[0]], "metadata.tier": [pair[1]]})}
            for one in (outer, inner)
        ]
        assert not seen[0] >= seen[1]


@given(_MATCHERS, _MATCHERS)
def test_what_cannot_meet_shares_no_request(left, right):
    if meet(left, right) is False:
        assert _world(left).isdisjoint(_world(right))


@given(_WITHOUT_EXCLUSIONS, _WITHOUT_EXCLUSIONS)
def test_what_meets_shares_a_request(left, right):
    if meet(left, right):
        assert _world(left) & _world(right)


@given(_WITHOUT_EXCLUSIONS, st.lists(_WITHOUT_EXCLUSIONS, max_size=4))
def test_what_is_covered_together_leaves_nothing(inner, earlier):
    points = [(m, t) for m in (*_MODELS, "a/new", "b/new") for t in _TIERS]
    left = [
        pair
        for pair in points
        if matches(inner, {"model": [pair[0]], "metadata.tier": [pair[1]]})
        and not any(matches(one, {"model": [pair[0]], "metadata.tier": [pair[1]]}) for one in earlier)
    ]

    assert uncovered(inner, earlier) is bool(left)


@settings(deadline=None)
@given(st.text("ab*", max_size=4), st.text("ab*", max_size=4))
def test_patterns_are_compared_exactly(outer, inner):
    """Against all texts of up to 6 letters: with a letter neither holds, that is enough to tell patterns this short apart."""
    texts = [text for text in _TEXTS if _is(inner, text)]
    assert pattern_covers(outer, inner) == all(_is(outer, text) for text in texts)
    assert patterns_meet(outer, inner) == any(_is(outer, text) for text in texts)


def _is(pattern, text):
    if not pattern:
        return not text
    if pattern[0] == "*":
        return _is(pattern[1:], text) or (bool(text) and _is(pattern, text[1:]))
    return bool(text) and pattern[0] == text[0] and _is(pattern[1:], text[1:])


_TEXTS = ["".join(letters) for size in range(7) for letters in product("abc", repeat=size)]


@pytest.mark.parametrize(
    ("outer", "inner", "answer"),
    [
        ("team:a", "user:bob", None),
        ("user:bob", "team:a", False),
        ("team:a", "team:b", False),
        ("virtualaccount:v", "user:bob", False),
        ("*", "user:bob", True),
        ("user:bob", "user:bob", True),
    ],
)
def test_who_is_in_a_team_is_not_in_the_file(outer, inner, answer):
    one, other = (
        Matcher(conditions=(Condition(dimension="subject", values=frozenset({name})),)) for name in (outer, inner)
    )

    assert covers(one, other) is answer


def test_a_user_whose_teams_are_unknown_may_match():
    team = Matcher(conditions=(Condition(dimension="subject", values=frozenset({"team:a"})),))

    assert matches(team, {"subject": ["user:bob"]}) is None
    assert matches(team, {"subject": ["user:bob", "team:a"]}) is True
    assert matches(team, {"subject": ["user:bob", "team:b"]}) is False
    assert matches(team, {"subject": ["virtualaccount:v"]}) is False
