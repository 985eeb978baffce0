"""Numbers as people read them and as machines do."""

from decimal import Decimal

import pytest

from llmcost.render.numbers import human, machine, money, money_places, plain


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("0", "0.00"),
        ("0E-12", "0.00"),
        ("-0.00", "0.00"),
        ("1", "1.00"),
        ("1.500000000000", "1.50"),
        ("1.234567", "1.234567"),
        ("0.000000000001", "0.000000000001"),
        ("1E+3", "1000.00"),
        ("-2.5", "-2.50"),
        ("12345678901234567890123456.123456789012", "12345678901234567890123456.123456789012"),
    ],
)
def test_money_for_machines_keeps_every_digit(amount, expected):
    assert plain(Decimal(amount)) == expected


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("0", "$0.00"),
        ("1234567.891", "$1,234,567.89"),
        ("1.005", "$1.00"),
        ("1.015", "$1.02"),
        ("0.999999", "$1.00"),
        ("0.5", "$0.50"),
        ("0.12345", "$0.1234"),
        ("0.0123456", "$0.0123"),
        ("0.009876", "$0.0099"),
        ("0.000012", "$0.000012"),
        ("0.00000123456", "$0.0000012"),
        ("0.000000000001", "$0.000000000001"),
        ("-12.5", "-$12.50"),
    ],
)
def test_money_for_people_has_the_digits_that_matter(amount, expected):
    assert money(Decimal(amount), "USD") == expected


def test_other_currencies_are_named():
    assert money(Decimal("1.5"), "EUR") == "€1.50"
    assert money(Decimal("1.5"), "CHF") == "CHF 1.50"


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (None, "count", "-"),
        (1234567, "tokens", "1,234,567"),
        (0.1234, "percent", "12.3%"),
        (0.0001, "percent", "<0.1%"),
        (0.99999, "percent", ">99.9%"),
        (1.0, "percent", "100.0%"),
        (0, "percent", "0.0%"),
        (812.4, "duration", "812 ms"),
        (12345.6, "duration", "12.35 s"),
        (136.6667, "rate", "136.7/s"),
        (13.4917, "ratio", "13.49"),
        (2035.0, "number", "2,035.0"),
    ],
)
def test_each_kind_is_written_its_own_way(value, kind, expected):
    assert human(value, kind, "USD") == expected


def test_a_change_has_its_sign():
    assert human(Decimal("1.5"), "money", "USD", signed=True) == "+$1.50"
    assert human(-0.25, "percent", "USD", signed=True) == "-25.0%"
    assert human(0, "count", "USD", signed=True) == "0"


def test_ratios_for_machines_have_six_decimals():
    assert machine(1 / 3, "ratio") == 0.333333
    assert machine(Decimal(2), "money") == "2.00"
    assert machine(7, "count") == 7


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        (["0.8052", "0.833"], ["$0.8052", "$0.8330"]),
        (["12.5", "0.8052"], ["$12.50", "$0.81"]),
        (["12.5", "0.004"], ["$12.50", "<$0.01"]),
        (["12.5", "-0.004"], ["$12.50", "-<$0.01"]),
        (["12.5", "0.005"], ["$12.50", "<$0.01"]),
        (["12.5", "0.0051"], ["$12.50", "$0.01"]),
        (["1.2", "0.0312"], ["$1.2000", "$0.0312"]),
        (["1.25", "3.5"], ["$1.25", "$3.50"]),
        (["0.5", "0.25"], ["$0.50", "$0.25"]),
        (["0.0031", "0.00002"], ["$0.00310", "$0.00002"]),
        (["0.0031", "0.00000002"], ["$0.003100", "<$0.000001"]),
        (["1234567.891", "0"], ["$1,234,567.89", "$0.00"]),
        (["0", "0"], ["$0.00", "$0.00"]),
    ],
)
def test_money_in_one_column_has_the_same_decimals(amounts, expected):
    places = money_places(Decimal(amount) for amount in amounts)

    assert [human(Decimal(amount), "money", "USD", places=places) for amount in amounts] == expected
