"""JSON is laid out as the standard library lays it out with an indent of two."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.reporting import report_of

from llmcost.render.json import dumped
from llmcost.render.json import json as report_as_json
from llmcost.reports.record import Column, Row

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
        ({"use": 0.00000015}, '{\n  "use": 0.00000015\n}'),
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


_COLUMNS = (
    Column(name="100%s", title="", kind="text", role="metric"),
    Column(name="cost", title="", kind="money", role="metric"),
    Column(name="calls", title="", kind="count", role="metric"),
    Column(name="other", title="", kind="ratio", role="metric"),
)
_CELLS = st.tuples(
    st.none() | st.text(), st.decimals(0, 10**6, places=12), st.integers(0), st.floats(0, 1).map(lambda x: x**9)
)


@given(st.lists(_CELLS, max_size=12), st.booleans())
def test_the_rows_of_a_report_are_laid_out_like_any_other_object(cells, has_others):
    rows = [Row(cells=own, other=has_others and number == len(cells) - 1) for number, own in enumerate(cells)]
    report = report_of(_COLUMNS, tuple(rows), (None, Decimal(1), 0, None))

    written = json.loads(report_as_json(report), parse_float=Decimal)

    assert dumped(json.loads(report_as_json(report))) == report_as_json(report).rstrip("\n")
    assert [list(row) for row in written["rows"]] == [["100%s", "cost", "calls", "other"]] * len(rows)
    assert [(row["100%s"], Decimal(row["cost"]), row["calls"]) for row in written["rows"]] == [own[:3] for own in cells]
    for row, one in zip(written["rows"], rows, strict=True):
        assert row["other"] is True if one.other else abs(row["other"] - Decimal(one.cells[3])) <= Decimal("0.0000005")
