"""Cost per customer and per user: of requests that have one, over how many there are."""

from decimal import Decimal

from llmcost.reports.cost_by import cost_by
from llmcost.reports.question import Question

_METRICS = ("cost_per_customer", "cost_per_user")


def _values(report, row):
    names = [column.name for column in report.columns]
    return [row[names.index(name)] for name in _METRICS]


def test_cost_without_an_owner_is_not_spread_over_those_there_are(ledger, insert):
    for customer, user, cost in (
        ("a", "u", "1"),
        ("a", "v", "2"),
        ("b", None, "4"),
        (None, "u", "8"),
        (None, None, "16"),
    ):
        insert(request_id=f"{customer}{user}", customer_id=customer, user_id=user, cost=cost)

    report = cost_by(ledger, Question(metrics=_METRICS))

    assert _values(report, report.totals) == [Decimal("3.5"), Decimal("5.5")]  # (1+2+4)/2 and (1+2+8)/2


def test_a_third_is_rounded_to_twelve_places(ledger, insert):
    for customer in "abc":
        insert(request_id=customer, customer_id=customer, cost="1" if customer == "a" else "0")

    report = cost_by(ledger, Question(metrics=_METRICS))

    assert _values(report, report.totals) == [Decimal("0.333333333333"), None]


def test_nothing_is_known_where_no_cost_is(ledger, insert):
    insert(request_id="a", customer_id="a", user_id="u", cost=None, cost_status="unpriced")

    report = cost_by(ledger, Question(by=("customer_id",), metrics=_METRICS))

    assert _values(report, report.rows[0].cells) == [None, None]
