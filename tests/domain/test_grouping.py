"""Commas between thousands are no part of a number, and no others are dropped."""

import pytest

from llmcost.domain.grouping import ungrouped


@pytest.mark.parametrize(
    ("typed", "number"),
    [("1,500", "1500"), ("$1,234,567.89", "$1234567.89"), ("-1,000", "-1000"), ("1_500", "1500"), ("0.5", "0.5")],
)
def test_thousands_are_put_together(typed, number):
    assert ungrouped(typed) == number


@pytest.mark.parametrize("typed", ["0,5", "1,5", ",5", "10,00", "1,0000", "1500,250", "1.500,25", "1,500,25"])
def test_other_commas_stay(typed):
    assert ungrouped(typed) == typed
