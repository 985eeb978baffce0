"""A factor on an amount, to the last of twelve places, for amounts of one call and of sums of many."""

from decimal import Decimal

import pytest

from llmcost.ledger import database
from llmcost.pricing.rating_sql import CALL_DIGITS, SUM_DIGITS, times_sql

MANY = Decimal("999999999999.000000000003")


@pytest.mark.parametrize(
    ("digits", "amount", "part", "result"),
    [
        (CALL_DIGITS, "0.000000000001", (1, 2), "0"),
        (CALL_DIGITS, "0.000000000003", (1, 2), "0.000000000002"),
        (CALL_DIGITS, "999999", (2, 3), "666666"),
        (CALL_DIGITS, "1000000", (1, 2), None),
        (SUM_DIGITS, "1000000", (1, 2), "500000"),
        (SUM_DIGITS, str(MANY), (1, 3), "333333333333.000000000001"),
        (SUM_DIGITS, str(MANY), (9999, 10000), "999899999999.000100000003"),
        (SUM_DIGITS, str(MANY), (1, 1), str(MANY)),
        (SUM_DIGITS, "1000000000000", (1, 2), None),
    ],
)
def test_a_part_of_an_amount(digits, amount, part, result):
    with database.connect() as connection:
        connection.execute(
            f"create temp macro times(amount, numerator, denominator) as {times_sql(factors=True, digits=digits)}"
        )
        (found,) = connection.execute(
            f"select times({amount}::decimal(38, 12), {part[0]}::hugeint, {part[1]}::hugeint)"
        ).fetchone()

    assert found == (None if result is None else Decimal(result))
