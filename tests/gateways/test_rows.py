"""Taking answers apart: every row as the bytes it came in, and nothing of what is damaged."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost.gateways.rows import DamagedError, lines_of, rows_of

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
_ROWS = st.lists(st.dictionaries(st.text(), _VALUES, max_size=3), max_size=4)


@given(
    rows=_ROWS, before=st.dictionaries(st.text(), _VALUES, max_size=3), after=_VALUES, indent=st.sampled_from([None, 1])
)
def test_rows_are_those_of_the_json_library(rows, before, after, indent):
    document = {**{k: v for k, v in before.items() if k not in {"data", "z"}}, "data": rows, "z": after}
    found = rows_of(json.dumps(document, indent=indent), "data", "id")

    assert [json.loads(text) for text in found.texts] == rows
    assert all("\n" not in text for text in found.texts)
    assert found.envelope == {key: value for key, value in document.items() if key != "data"}


@given(rows=_ROWS, cut=st.integers(min_value=1, max_value=400))
def test_a_truncated_answer_is_never_taken_for_a_whole_one(rows, cut):
    text = json.dumps({"data": rows, "total": len(rows)})
    with pytest.raises(DamagedError):
        rows_of(text[: max(len(text) - cut, 0)], "data", "id")


def test_digits_stay_as_they_were_written():
    found = rows_of('{"data": [{"id": 7, "spend": 0.10000000000000000000012}]}', "data", "id")

    assert found.texts == ['{"id": 7, "spend": 0.10000000000000000000012}']
    assert found.identities == ["7"]


def test_a_list_by_itself_a_lone_object_and_null_are_rows():
    assert rows_of('[{"id": "a"}, {"id": "b"}]', None, "id").identities == ["a", "b"]
    assert rows_of('{"data": {"id": "a"}}', "data", "id").identities == ["a"]
    assert rows_of('{"data": null}', "data", "id").texts == []


def test_rows_may_stand_deeper():
    found = rows_of('{"data": {"points": [{"id": 1}], "more": 2}, "next": "x"}', "data.points", "id")

    assert (found.texts, found.envelope) == (['{"id": 1}'], {"data": {"more": 2}, "next": "x"})


def test_a_row_without_an_identity_is_told_by_its_text():
    assert rows_of('{"data": [{"a": 1}]}', "data", "meta.id").identities == ['{"a": 1}']


@pytest.mark.parametrize(
    "text", ["", "{", '{"data"', '{"data": [', '{"data": [1,', '{"data": []} x', "<html>", "{1: 2}", "[" * 100_000]
)
def test_what_is_no_json_is_damaged(text):
    with pytest.raises(DamagedError):
        rows_of(text, "data", "id")


def test_an_answer_without_rows_is_no_damage():
    with pytest.raises(LookupError, match="it has no 'data'"):
        rows_of('{"error": "no"}', "data", "id")


@pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\u0085"])
def test_a_line_ends_at_a_line_feed_only(sign):
    text = f'{{"id":"a","said":"x{sign}y"}}\r\n\n{{"id":"b"}}\n'
    assert lines_of(text, "id").identities == ["a", "b"]
