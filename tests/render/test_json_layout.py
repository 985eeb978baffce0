"""JSON is laid out as the standard library lays it out with an indent of two."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost.render.json import dumped

_TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126))
_SCALARS = st.none() | st.booleans() | st.integers() | _TEXT
_VALUES = st.recursive(_SCALARS, lambda inner: st.lists(inner) | st.dictionaries(_TEXT, inner), max_leaves=30)


@given(_VALUES)
def test_the_layout_is_that_of_the_standard_library(value):
    assert dumped(value) == json.dumps(value, ensure_ascii=False, indent=2)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"share": 0.00001}, '{\n  "share": 0.000010\n}'),
        (["table-0", 1e-05], '[\n  "table-0",\n  0.000010\n]'),
        (["a\u200bb"], '[\n  "a\\u200bb"\n]'),
        (["a\x7fb"], '[\n  "a\\u007fb"\n]'),
    ],
)
def test_small_ratios_and_hidden_characters_are_written_out(value, text):
    assert dumped(value) == text


def test_what_is_no_number_is_refused():
    with pytest.raises(ValueError, match="JSON compliant"):
        dumped({"rows": [{"share": float("nan")}]})


@given(st.lists(st.fixed_dictionaries({"a%s": _SCALARS, 'b"': _SCALARS}), min_size=7, max_size=12))
def test_so_is_that_of_rows_which_have_the_same_keys(rows):
    assert dumped({"rows": rows}) == json.dumps({"rows": rows}, ensure_ascii=False, indent=2)


@given(st.lists(st.fixed_dictionaries({"a": st.text()}), min_size=7, max_size=12))
def test_a_row_may_hold_any_text(rows):
    assert json.loads(dumped(rows)) == rows


def test_rows_that_are_not_alike_keep_their_own_keys():
    rows = [{"a": 1}] * 8 + [{"a": 1, "other": True}, {}, {"a": [1]}]

    assert dumped(rows) == json.dumps(rows, indent=2)
