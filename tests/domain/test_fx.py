"""Dated exchange rates."""

from datetime import date
from decimal import Decimal

import pytest

from llmcost.domain.fx import rates_of


def test_a_month_stands_for_its_first_day_and_rates_are_sorted_by_day():
    assert rates_of({"2026-11-03": "0.93", "2026-10": Decimal("0.9215"), "2026-12": 1}) == (
        (date(2026, 10, 1), Decimal("0.9215")),
        (date(2026, 11, 3), Decimal("0.93")),
        (date(2026, 12, 1), Decimal(1)),
    )


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ({"2026": "1"}, "'2026' is neither a month such as 2026-10 nor a day"),
        ({"2026-13": "1"}, "there is no day 2026-13"),
        ({"2026-02-30": "1"}, "there is no day 2026-02-30"),
        ({"2026-10": "1", "2026-10-01": "1.1"}, "two rates for 2026-10-01"),
        ({"2026-10": "0"}, "the rate of 2026-10 is '0', not a number above 0"),
        ({"2026-10": "-1"}, "not a number above 0"),
        ({"2026-10": "NaN"}, "not a number above 0"),
        ({"2026-10": "abc"}, "not a number above 0"),
        ({"2026-10": True}, "not a number above 0"),
        ({"2026-10": None}, "not a number above 0"),
        ({"2026-10": "0.123456789"}, "more than 8 decimals"),
        ({"2026-10": "10000000000"}, "not a number above 0"),
    ],
)
def test_what_is_no_rate_is_refused_in_words(table, complaint):
    with pytest.raises(ValueError, match=complaint.replace("(", r"\(")):
        rates_of(table)
