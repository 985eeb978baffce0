"""Bills of a whole table, worked out by hand where decimals are easily lost."""

from decimal import Decimal

import pytest
from tests.ingesting import memory_ledger

from llmcost.config.yaml import parse_document
from llmcost.tiers.exact import exact_column
from llmcost.tiers.plans import plans_of
from llmcost.tiers.sql import with_bill

BLOCKS = '[{block_size: 1, max_blocks: 10, price: "2"}, {block_size: 1, max_blocks: 20, price: "1.75"}, {block_size: 1, price: "0.5"}]'


@pytest.fixture(scope="module")
def ledger():
    with memory_ledger() as connection:
        yield connection


def _bill(ledger, rest, used="0", rounding="half_up"):
    file = plans_of(parse_document(f"rounding: {rounding}\nplans: [{{id: p, {rest}}}]", "tiers.yaml"))
    meters = {meter: exact_column("used", 12, Decimal(0), Decimal(used)) for meter in file.plans[0].meters}
    source = f"select cast({used} as decimal(26, 12)) as used"
    rated = with_bill(source, file.plans[0], file.rounding, meters, "bill")
    return ledger.execute(f"select bill from ({rated})").fetchone()[0]


def _charge(text):
    return f'price: "0", charges: [{{meter: n, {text}}}]'


@pytest.mark.parametrize(
    ("rest", "used", "rounding", "bill"),
    [
        pytest.param(_charge(f"model: block_volume, tiers: {BLOCKS}"), "11", "half_up", "19.25", id="prices of unlike places"),
        # 10 less 33.333 %, which is 3.33, is 6.67; 3.335 off is cut to 3.33.
        pytest.param(
            'price: "10", charges: [], minimum: "2", discounts: [{percent: "33.333%"}, {amount: "3.335"}]',
            "0",
            "down",
            "3.34",
            id="an amount off is rounded once",
        ),
        pytest.param(
            _charge('model: package, package_size: 1, package_price: "1.50"'), "1.00000005", "half_up", "3.00",
            id="a package started by very little",
        ),
        pytest.param(
            _charge('model: package, package_size: 1, package_price: "0.0049996"'), "1", "half_up", "0.00",
            id="a package just below half a cent",
        ),
        pytest.param(
            'price: "9", charges: [{meter: n, model: package, package_size: 1, package_price: "0.0000004"}]', "1", "up", "9.01",
            id="any part of a cent rounded up",
        ),
        pytest.param('price: "100000", charges: []', "0", "{mode: half_even, places: 8}", "100000", id="many places"),
        pytest.param('price: "100000000000000", charges: []', "0", "half_up", "100000000000000", id="a large price"),
        # 60 % off twice of 5 leaves -1, and half of that off -0.50.
        pytest.param(
            _charge('model: per_unit, unit_price: "1"')
            + ", discounts: [{percent: 60, meter: n}, {percent: 60, meter: n}, {percent: 50}]",
            "5",
            "half_up",
            "-0.50",
            id="more off than there is",
        ),
        # Half of 0.01 and of 0.03, to even: 0.00 and 0.02 are left of them.
        pytest.param('price: "0.01", charges: [], discounts: [{percent: 50}]', "0", "half_even", "0.01", id="half, to zero"),
        pytest.param('price: "0.03", charges: [], discounts: [{percent: 50}]', "0", "half_even", "0.01", id="half, to two"),
    ],
)  # fmt: skip
def test_no_digit_is_lost(ledger, rest, used, rounding, bill):
    assert _bill(ledger, rest, used, rounding) == Decimal(bill)


def test_a_bill_that_is_not_rounded_keeps_18_places(ledger):
    rest = _charge('model: percentage, unit_price: "0.000000000003"')

    # 1.5 of the last place, which goes to even.
    assert _bill(ledger, rest, "0.0000005", "none") == Decimal("0.000000000000000002")


def test_amounts_of_more_than_38_digits_are_refused(ledger):
    rest = _charge('model: percentage, unit_price: "0.123456789012"') + ", discounts: ["
    rest += ", ".join(['{percent: "33.333333333333%"}'] * 3) + "]"

    with pytest.raises(OverflowError):
        _bill(ledger, rest, "1", "none")
