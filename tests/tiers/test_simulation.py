"""Simulations worked out by hand."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from tests.quota.ledgers import at, call, fill

from llmcost.config.yaml import parse_document
from llmcost.domain.errors import DataError, UsageError
from llmcost.domain.period import Period
from llmcost.ledger.composition import Selection
from llmcost.ledger.filters import parse_condition
from llmcost.ledger.keys import resolve
from llmcost.render.surface import Surface
from llmcost.render.tiers_curve import curves
from llmcost.render.tiers_simulation import render_simulation
from llmcost.tiers.market import Constraints
from llmcost.tiers.plans import plans_of
from llmcost.tiers.rating import offer
from llmcost.tiers.simulation import simulate
from llmcost.tiers.suggestion import suggest

ALL = Selection(period=Period(), zone=UTC, basis="requests")
STANDARD = """
current: flat
plans:
  - {id: flat, price: "20", charges: []}
  - {id: standard, price: "20", charges: [], limits: {total: 200000}}
  - {id: professional, price: "80", charges: [{meter: total, model: per_unit, unit_price: "0.09", per: 1000}], included: {total: 1000000}}
"""


def _plans(text):
    return plans_of(parse_document(text, "tiers.yaml"))


def _month(number, customer, tokens, cost):
    return call(datetime(2026, number, 15), tokens=tokens, cost=cost, customer_id=customer)  # noqa: DTZ001  the ledger's naive UTC


@pytest.fixture
def three_months(ledger):
    """Ann grows out of Standard, Bob stays, Cid comes in the second month, outgrows Professional and rests in the third."""
    fill(
        ledger,
        [
            _month(1, "ann", 150_000, "6"),
            _month(2, "ann", 200_000, "8"),
            _month(3, "ann", 200_001, "8"),
            _month(1, "bob", 10_000, "1"),
            _month(3, "bob", 20_000, "2"),
            _month(2, "cid", 1_500_000, "70"),
        ],
    )
    return ledger


@pytest.mark.parametrize("policy", ["smallest_covering", "cheapest_for_customer"])
def test_standard_and_professional_with_customers_moving(three_months, policy):
    found = simulate(three_months, ALL, offer(_plans(STANDARD), None, None, policy))

    # Bob pays in February, when he used nothing; Cid in March. 500 thousand beyond Professional cost 45.
    by_name = {one.customer: one for one in found.customers}
    assert by_name["ann"].path == ("standard", "standard", "professional")
    assert by_name["ann"].new_revenue == 20 + 20 + 80
    assert by_name["bob"].path == ("standard",) * 3
    assert by_name["bob"].new_revenue == 60
    assert by_name["cid"].path == ("professional", "standard")
    assert by_name["cid"].new_revenue == 80 + 45 + 20
    assert found.new.revenue == 120 + 60 + 145
    assert found.new.cost == 22 + 3 + 70
    assert found.now is not None
    assert found.now.revenue == 20 * 8
    assert [(one.month, one.source, one.target, one.customers, one.revenue) for one in found.path] == [
        ("2026-03", "standard", "professional", 1, 60),
        ("2026-03", "professional", "standard", 1, -105),
    ]
    assert [(one.source, one.target, one.customers) for one in found.migration] == [
        ("flat", "standard", 2),
        ("flat", "professional", 1),
    ]


@pytest.mark.parametrize(
    ("period", "zone", "months"),
    [
        # Ann is met in January and no more; the ledger ends on 15 March, whoever is asked for.
        (Period(), UTC, ["2026-01", "2026-02", "2026-03"]),
        (Period(until=datetime(2026, 3, 1, tzinfo=UTC)), UTC, ["2026-01", "2026-02"]),
        (Period(until=datetime(2027, 1, 1, tzinfo=UTC)), UTC, ["2026-01", "2026-02", "2026-03"]),
        # Midnight of 1 March in UTC is still February west of it, and already March east of it.
        (Period(until=datetime(2026, 3, 1, 2, tzinfo=UTC)), ZoneInfo("America/New_York"), ["2026-01", "2026-02"]),
        (
            Period(until=datetime(2026, 2, 28, 23, 30, tzinfo=UTC)),
            ZoneInfo("Asia/Tokyo"),
            ["2026-01", "2026-02", "2026-03"],
        ),
    ],
)
def test_a_customer_pays_to_the_end_of_the_period_whoever_else_is_selected(ledger, period, zone, months):
    fill(ledger, [_month(1, "ann", 10, "1"), _month(3, "bob", 10, "1")])
    only = (resolve(ledger, "customer_id"), parse_condition("customer_id=ann"))
    asked = offer(_plans(STANDARD), None, None, "smallest_covering")

    found = simulate(ledger, Selection(period=period, zone=zone, basis="requests", conditions=(only,)), asked)

    assert list(found.population.months) == months
    assert [(one.customer, one.months) for one in found.customers] == [("ann", len(months))]


def test_the_tables_are_drawn_at_any_width(three_months):
    dear = STANDARD.replace('price: "20"', 'price: "20000000"')
    found = simulate(three_months, ALL, offer(_plans(dear), None, None, "smallest_covering"))

    for columns in range(20, 161, 5):
        shown = render_simulation(found, "table", Surface(width=columns))
        # Today: Ann and Bob three months, Cid two, at 20 million each.
        assert "$160,000,000" in shown


def test_who_needs_a_word(three_months):
    found = simulate(three_months, ALL, offer(_plans(STANDARD), None, None, "smallest_covering"))

    flags = {one.customer: one.flags for one in found.customers}
    # Cid costs 70 and pays 40 today; 145 is more than twice that. Ann pays 120 instead of 60: twice, not more.
    assert flags == {"ann": (), "bob": (), "cid": ("below-cost-today", "bill-shock")}


def test_plans_that_are_assigned(three_months):
    plans = _plans(STANDARD + "assign: {bob: professional}\n")

    found = simulate(three_months, ALL, offer(plans, None, None, "assigned"))

    by_name = {one.customer: one for one in found.customers}
    assert by_name["bob"].path == ("professional",) * 3
    assert by_name["bob"].new_revenue == 240
    # Nobody said anything about Ann: the smallest that covers what she used.
    assert by_name["ann"].path == ("standard", "standard", "professional")


def test_each_plan_ranks_by_its_own_measure_and_unknown_cost_has_no_rank(ledger):
    """A request each: by cost Ann (1) is better than Bob (9), by tokens Bob (100) than Ann (1,000) and Cid (5,000)."""
    fill(
        ledger,
        [
            _month(1, "ann", 1_000, "1"),
            _month(1, "bob", 100, "9"),
            call(at("2026-01-15"), tokens=5_000, cost=None, customer_id="cid", cost_status="unpriced"),
        ],
    )
    plan = (
        "  - {{id: {}, price: 0, charges: [{{meter: total, model: per_unit, unit_price: 10, per: 1000}}],"
        " efficiency_discount: {{measure: {}, bands: [{{better_than: 50%, percent: {}}}]}}}}\n"
    )
    by_cost, by_tokens = plan.format("c", "cost_per_request", "10%"), plan.format("t", "tokens_per_request", "50%")
    plans = _plans(f"assign: {{ann: c, bob: t, cid: c}}\nplans:\n{by_cost}{by_tokens}")

    found = simulate(ledger, ALL, offer(plans, None, None, "assigned"))

    # Ann: 10 less a tenth. Bob: 1 less a half. Cid's cost is unknown: 50, with nothing off.
    assert {one.customer: one.new_revenue for one in found.customers} == {
        "ann": 9,
        "bob": Decimal("0.5"),
        "cid": 50,
    }


@pytest.mark.parametrize("order", [("free", "scale"), ("scale", "free")])
def test_of_two_plans_at_one_moment_the_order_of_the_log_chooses_none(ledger, order):
    moment = datetime(2026, 11, 1, 10)  # noqa: DTZ001  the ledger's naive UTC
    fill(ledger, [call(moment, tokens=10, customer_id="c", plan=plan) for plan in order])
    plans = _plans("plans: [{id: free, price: '1', charges: []}, {id: scale, price: '100', charges: []}]")

    (found,) = simulate(ledger, ALL, offer(plans, None, None, "assigned")).customers

    assert (found.path, found.new_revenue) == (("scale",), 100)


def test_pass_through_credits_and_money_per_thousand_tokens_are_charges(three_months):
    plans = _plans("""
meters: {credits: {input: "2", requests: "1000"}}
plans:
  - id: through
    price: "0"
    charges:
      - {meter: cost, model: percentage, percent: "120%"}
      - {meter: credits, model: package, package_size: 100000, package_price: "1", free_units: 1000000}
      - {meter: total, model: per_unit, unit_price: "0.01", per: 1000}
""")

    found = simulate(three_months, ALL, offer(plans, None, None, "smallest_covering"))

    # 120 % of 95; credits beyond a million a month: only Cid's 3,001,000, 21 packages; 2,080,001 tokens at a cent per thousand,
    # of which each month is rounded: 1.50 + 2.00 + 2.00 + 0.10 + 0.20 + 15.00.
    assert found.new.revenue == Decimal(114) + 21 + Decimal("20.80")


def test_more_use_is_rated_anew(three_months):
    found = simulate(three_months, ALL, offer(_plans(STANDARD), None, None, "smallest_covering"))

    more = next(one for one in found.scenarios if (one.what, one.change) == ("usage", Decimal("0.1")))
    # Ann's 220,000 in February now need Professional; Cid's 1,650,000 are 58.50 beyond.
    assert more.economics.revenue == (20 + 80 + 80) + 60 + (80 + Decimal("58.50") + 20)
    assert more.economics.cost == Decimal("104.5")


def test_nobody_leaving_is_the_best_case(three_months):
    found = simulate(three_months, ALL, offer(_plans(STANDARD), None, None, "smallest_covering"))

    margins = [one.margin for one in found.elasticities]
    assert margins == sorted(margins, reverse=True)
    assert margins[0] == found.new.margin


def test_intervals_are_the_same_for_the_same_seed(three_months):
    asked = offer(_plans(STANDARD), None, None, "smallest_covering")

    assert simulate(three_months, ALL, asked, seed=7).margin == simulate(three_months, ALL, asked, seed=7).margin


def test_a_ledger_without_customers_says_so(ledger):
    fill(ledger, [call(datetime(2026, 1, 1), tokens=n) for n in (1, 2)])  # noqa: DTZ001  the ledger's naive UTC

    with pytest.raises(DataError, match="no request of this period has a customer"):
        simulate(ledger, ALL, offer(_plans(STANDARD), None, None, "smallest_covering"))


def test_a_meter_the_ledger_does_not_have_is_named(ledger):
    plans = _plans('plans: [{id: a, price: "0", charges: [{meter: tokns, model: per_unit, unit_price: "1"}]}]')

    with pytest.raises(UsageError, match="no meter 'tokns'"):
        simulate(ledger, ALL, offer(plans, None, None, "smallest_covering"))


def test_weights_of_many_places_weigh_exactly(three_months):
    plans = _plans("""
meters: {credits: {input: "0.000000000001", requests: "123456.123456789012"}}
rounding: {places: 12}
plans: [{id: a, price: "0", charges: [{meter: credits, model: per_unit, unit_price: "1"}]}]
""")

    found = simulate(three_months, ALL, offer(plans, None, None, "smallest_covering"))

    # Six requests of 2,080,001 tokens: 740,736.740740734072 and 0.000002080001.
    assert found.new.revenue == Decimal("740736.740742814073")


def test_a_bill_of_too_many_digits_is_refused(three_months):
    off = ", ".join(['{percent: "33.333333333333%"}'] * 3)
    plans = _plans(
        "rounding: none\nplans: [{id: a, price: '0', charges:"
        f" [{{meter: cost, model: percentage, unit_price: '0.123456789012'}}], discounts: [{off}]}}]"
    )

    with pytest.raises(UsageError, match=r"tiers\.yaml: a bill takes more digits than a simulation has"):
        simulate(three_months, ALL, offer(plans, None, None, "smallest_covering"))


@pytest.mark.parametrize("run", [simulate, partial(suggest, count=2, constraints=Constraints())])
@pytest.mark.parametrize("period", ["day", "week", "quarter", "year"])
def test_a_plan_that_is_not_by_the_month_is_refused(three_months, run, period):
    plans = _plans(f"""
current: monthly
plans: [{{id: monthly, price: "99", charges: []}}, {{id: other, price: "990", period: {period}, charges: []}}]
""")

    with pytest.raises(UsageError, match=rf"tiers\.yaml: the period of other is a {period}, and months are rated"):
        run(three_months, ALL, offer(plans, None, None, "cheapest_for_customer"))


def test_single_transactions_are_not_known_of_a_month(three_months):
    plans = _plans(
        "plans: [{id: a, price: '0', charges: [{meter: cost, model: percentage, percent: 120, per_transaction_minimum: '1'}]}]"
    )

    with pytest.raises(UsageError, match="a bounds each transaction of cost, and only sums of a month are known"):
        simulate(three_months, ALL, offer(plans, None, None, "smallest_covering"))


def test_the_line_of_a_plan_ends_at_its_limit_and_the_axes_are_round(three_months):
    picture = curves(simulate(three_months, ALL, offer(_plans(STANDARD), None, None, "smallest_covering")))

    # From 80 to 590 for 0 to 1.25 million: 200,000 are at 80 + 510 x 0.16.
    standard, professional, cost = re.findall(r'points="([^"]*)"', picture)
    assert standard.split()[-1].split(",")[0] == "161.6"
    assert {line.split()[-1].split(",")[0] for line in (professional, cost)} == {"590.0"}
    assert len(re.findall("<circle", picture)) == 1
    labels = re.findall(r">([^<]+)</text>", picture)
    assert labels[:8] == ["$0", "$50", "$100", "$150", "0", "500k", "1M", "total per month"]
