"""Grids at any width: names fold, numbers stay whole."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcost.render.cells import Grid
from llmcost.render.drawing import drawn
from llmcost.render.surface import Surface
from llmcost.render.visible import folded, width
from llmcost.reports.record import Column


def grid(rows, *, names=1):
    count = len(rows[0])
    columns = tuple(
        Column(name=f"c{index}", title=f"Column {index}", kind="text", role="key" if index < names else "metric")
        for index in range(count)
    )
    return Grid(columns=columns, headings=tuple(one.title for one in columns), rows=tuple(rows), totals=None)


def plain(text):
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


@pytest.mark.parametrize(
    ("text", "columns", "lines"),
    [
        ("claude-sonnet-4-5", 20, ["claude-sonnet-4-5"]),
        ("claude-sonnet-4-5-20250929", 20, ["claude-sonnet-4-5-", "20250929"]),
        ("anthropic/claude-opus", 14, ["anthropic/", "claude-opus"]),
        ("a-bbbbbbbbbbbbbbbbbbbb", 14, ["a-bbbbbbbbbbbb", "bbbbbbbb"]),
        ("two words here", 9, ["two words", "here"]),
        ("nightly, u-0f0fe2155c, u-6528fb3d16", 27, ["nightly, u-0f0fe2155c,", "u-6528fb3d16"]),
        ("", 5, [""]),
        ("日本語のモデル", 6, ["日本語", "のモデ", "ル"]),
    ],
)
def test_names_fold_behind_a_separator(text, columns, lines):
    assert folded(text, columns) == lines


def test_a_name_far_too_long_keeps_both_ends():
    lines = folded("begin-" + "x" * 1_000_000 + "-end", 20)

    assert len(lines) == 3
    assert lines[0].startswith("begin-")
    assert "".join(lines).endswith("x-end")
    assert "…" in "".join(lines)


@settings(max_examples=200)
@given(st.text(alphabet="ab-/ _日é1", max_size=60), st.integers(4, 30))
def test_folding_loses_nothing_that_fits_and_never_overflows(text, columns):
    lines = folded(text, columns)

    assert len(lines) <= 3
    assert all(width(line) <= columns for line in lines)
    if "…" not in "".join(lines):
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_columns_of_numbers_go_before_names_are_folded():
    cells = grid([("claude-sonnet-4-5-20250929", "1,000,000", "2,000,000", "3,000,000", "4,000,000", "5,000,000")])

    text = plain(drawn(cells, Surface(width=60), ("c2", "c3", "c4", "c5")))

    assert "claude-sonnet-4-5-20250929 " in text
    assert "Not shown at 60 columns: Column 4, Column 5." in text
    assert "3,000,000" in text


@pytest.mark.parametrize("columns", range(20, 161, 10))
def test_columns_that_other_grids_have_are_no_loss_to_this_one(columns):
    """The numbers are 10 wide each, the name takes 25 but no more than half of it: up to 40 columns something must go."""
    cells = grid([("claude-sonnet-4-5-2025092", "10,000,000", "20,000,000")])

    text = plain(drawn(cells, Surface(width=columns), ("c2", "of another grid")))

    assert ("Not shown" in text, "another" in text) == (columns <= 40, False)


def test_room_that_is_left_lowers_the_tallest_heading_first():
    columns = (
        Column(name="month", title="Month", kind="text", role="key"),
        Column(name="through", title="Through day 20", kind="money", role="metric"),
        Column(name="against", title="Nov against it", kind="money", role="metric"),
    )
    cells = Grid(
        columns=columns,
        headings=tuple(one.title for one in columns),
        rows=(("2026-09", "$67.11", "+61.4%"),),
        totals=None,
    )

    # 7 + 7 + 7 and two gaps of 2 are 25. "Nov against it" takes three lines there, and two with 3 cells more, which "Through
    # day 20" has no use for.
    lines = plain(drawn(cells, Surface(width=28))).splitlines()
    assert [line.split() for line in lines[:2]] == [["Through", "Nov"], ["Month", "day", "20", "against", "it"]]


def test_names_give_way_when_nothing_else_can():
    cells = grid([("claude-sonnet-4-5-20250929", "1,000,000,000")])

    text = plain(drawn(cells, Surface(width=30)))

    assert all(len(line) <= 30 for line in text.splitlines())
    assert "claude-sonnet-" in text
    assert "1,000,000,000" in text


@pytest.mark.parametrize("columns", [10, 20, 40, 80])
def test_a_number_is_whole_at_any_width(columns):
    numbers = ("123,456,789.123456789012", "98,765,432,109", "0.000000000001")

    text = plain(drawn(grid([("name", *numbers)]), Surface(width=columns)))

    assert all(number in text for number in numbers)
