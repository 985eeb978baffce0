"""Spans of time: what is still to be read, and how it is cut."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost.domain.pulled import Span
from llmcost.gateways.windows import parts, unread, windows
from llmcost.ledger.coverage import union

DAY = datetime(2026, 11, 1, tzinfo=UTC)


def _span(since, until):
    return Span(since=DAY + timedelta(minutes=since), until=DAY + timedelta(minutes=until))


_SPANS = st.builds(
    lambda since, length: _span(since, since + length), st.integers(0, 60), st.integers(min_value=1, max_value=30)
)


def _minutes(spans):
    return [
        DAY + timedelta(minutes=n)
        for n in range(100)
        if any(span.since <= DAY + timedelta(minutes=n) < span.until for span in spans)
    ]


@given(wanted=_SPANS, covered=st.lists(_SPANS, max_size=5))
@pytest.mark.slow
def test_what_is_unread_is_what_is_wanted_without_what_is_covered(wanted, covered):
    found = list(unread(wanted, covered))

    assert _minutes(found) == [minute for minute in _minutes([wanted]) if minute not in _minutes(covered)]
    assert found == sorted(found)


@given(spans=st.lists(_SPANS, max_size=8))
def test_the_union_of_spans_is_the_same_time_without_overlaps(spans):
    joined = union(spans)

    assert _minutes(joined) == _minutes(spans)
    assert all(one.until < other.since for one, other in pairwise(joined))


@given(span=_SPANS, number=st.integers(1, 20), grain=st.sampled_from([1, 7, 60, 600]))
def test_parts_are_the_whole_and_never_shorter_than_the_grain(span, number, grain):
    found = parts(span, number, timedelta(seconds=grain))

    assert found[0].since == span.since
    assert found[-1].until == span.until
    assert all(one.until == other.since for one, other in pairwise(found))
    assert len(found) <= number
    assert all((one.until - one.since) % timedelta(seconds=grain) == timedelta() for one in found[:-1])


def test_windows_begin_and_end_on_whole_days_where_an_api_knows_only_days():
    span = Span(since=DAY + timedelta(hours=5), until=DAY + timedelta(days=2, hours=1))

    assert windows(span, timedelta(days=1), timedelta(days=1)) == [
        Span(since=DAY + timedelta(days=n), until=DAY + timedelta(days=n + 1)) for n in range(3)
    ]


def test_windows_are_cut_to_the_longest_and_rounded_outward_to_the_second():
    span = Span(since=DAY + timedelta(microseconds=1), until=DAY + timedelta(hours=1, microseconds=1))

    assert windows(span, timedelta(minutes=40), timedelta(seconds=1)) == [
        Span(since=DAY, until=DAY + timedelta(minutes=40)),
        Span(since=DAY + timedelta(minutes=40), until=DAY + timedelta(hours=1, seconds=1)),
    ]
