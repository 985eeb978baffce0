"""What a file of plans may say, and where its mistakes are."""

from decimal import Decimal

import pytest

from llmcost.config.yaml import parse_document
from llmcost.domain.errors import ConfigError
from llmcost.tiers.invoice import invoice, prorated
from llmcost.tiers.lint import lint_plans
from llmcost.tiers.plans import plans_of


def _plans(text):
    return plans_of(parse_document(text, "tiers.yaml"))


def _one(text):
    return _plans("plans:\n  - id: a\n    price: '0'\n" + text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("plan: []", "tiers.yaml:1:1: unknown key 'plan'; did you mean 'plans'?"),
        ("plans:\n  - {id: a, price: '1'}", "tiers.yaml:2:5: the plan has no 'charges'"),
        ("plans:\n  - {id: a, prise: '1', charges: []}", "unknown key 'prise'; did you mean 'price'?"),
        ("plans:\n  - {id: a, price: '-1', charges: []}", "-1 is below zero"),
        ("plans:\n  - {id: a, price: a lot, charges: []}", "cannot read 'a lot' as an amount"),
        ("plans:\n  - {id: a, price: '0.0000000000001', charges: []}", "too many digits"),
        ("plans:\n  - {id: a, price: 1, charges: []}\n  - {id: a, price: 2, charges: []}", "'a' is there twice"),
        (
            "plans:\n  - {id: a, price: 1, charges: {meter: n}}",
            "tiers.yaml:2:23: expected a list of charges",
        ),
        (
            "plans:\n  - {id: a, price: 1, charges: [], discounts: {percent: 5}}",
            "tiers.yaml:2:36: expected a list of discounts",
        ),
        (
            "plans:\n  - {id: a, price: 1, charges: [], discounts: 5}",
            "tiers.yaml:2:36: expected a list of discounts",
        ),
        (
            "plans:\n  - {id: a, price: 1, charges: [], efficiency_discount: {bands: 5}}",
            "tiers.yaml:2:58: expected a list of bands",
        ),
        (
            "meters:\n  credits: {tok: '0.001'}\n  tok: {input: 1, output: 4}\nplans: [{id: a, price: 1, charges: []}]",
            "tiers.yaml:2:13: 'tok' is weighted itself",
        ),
        (
            "meters: {total: {total: 2}}\nplans: [{id: a, price: 1, charges: []}]",
            "tiers.yaml:1:18: 'total' is weighted itself",
        ),
        (
            "plans:\n  - {id: a, price: 1, charges: [], minimum: '500', maximum: '200'}",
            "tiers.yaml:2:36: the minimum is above the maximum",
        ),
        ("assign: {acme: b}\nplans:\n  - {id: a, price: 1, charges: []}", "no plan has the id 'b'"),
    ],
)
def test_a_mistake_is_named_with_its_place(text, message):
    with pytest.raises(ConfigError) as found:
        _plans(text)

    assert message in found.value.message


@pytest.mark.parametrize(
    ("charge", "message"),
    [
        ("{meter: n, model: gradated, tiers: []}", "unknown model 'gradated'"),
        ("{meter: n, model: per_unit}", "a per_unit charge needs 'unit_price'"),
        ("{meter: n, model: per_unit, unit_price: '1', tiers: []}", "unknown key 'tiers'"),
        ("{meter: n, model: volume, tiers: [{up_to: 5}, {up_to: 9}]}", "nothing is said about more than 9"),
        ("{meter: n, model: volume, tiers: [{up_to: 5}, {up_to: 5}, {up_to: null}]}", "the tiers overlap"),
        ("{meter: n, model: volume, tiers: [{up_to: null}, {up_to: null}]}", "only the last up_to is null"),
        ("{meter: n, model: per_unit, unit_price: '1', per: 7}", "'per' is 1, 10, 100"),
        ("{meter: n, model: per_unit, unit_price: '1', minimum: '2', maximum: '1'}", "minimum is above the maximum"),
        ("{model: percentage}", "either 'percent' or 'unit_price'"),
        (
            "{model: percentage, percent: 3, per_transaction_minimum: '2', per_transaction_maximum: '1'}",
            "minimum is above the maximum",
        ),
        ("{meter: n, model: per_unit, unit_price: '1', per_transaction_minimum: '2'}", "unknown key"),
    ],
)
def test_a_mistaken_charge_is_named_with_its_line(charge, message):
    with pytest.raises(ConfigError) as found:
        _one(f"    charges:\n      - {charge}\n")

    assert message in found.value.message
    assert found.value.message.startswith("tiers.yaml:5:")


def test_use_keeps_every_digit_in_a_part_of_a_period():
    """A third of $1 is endless; what was used is not, and just below half a cent is nothing."""
    charge = '{meter: n, model: per_unit, unit_price: "4999.999999999999", per: 1000000}'
    plans = _plans(f"plans: [{{id: a, price: 1, charges: [{charge}]}}]\n")
    third = prorated(Decimal(1), Decimal(3))

    made = invoice(plans.plans[0], {"n": Decimal(1)}, plans.rounding, fraction=third)
    exact = invoice(plans.plans[0], {"n": Decimal(1)}, None, fraction=third)

    assert [line.amount for line in made.lines] == [Decimal("0.33"), Decimal("0.00")]
    assert [line.amount for line in exact.lines] == [Decimal("0.333333333333"), Decimal("0.004999999999999999")]


def test_a_commitment_is_prorated_by_days_and_trued_up():
    # https://github.com/getlago/lago-api: 1000 / 31 x 15 is 483.87; less 200 of use, 283.87 are due.
    plans = _one("    minimum: '1000'\n    charges: [{meter: n, model: per_unit, unit_price: '1'}]\n")

    made = invoice(plans.plans[0], {"n": Decimal(200)}, plans.rounding, fraction=prorated(Decimal(15), Decimal(31)))

    assert [(line.charge, line.amount) for line in made.lines] == [("n", Decimal(200)), ("minimum", Decimal("283.87"))]
    assert made.total == Decimal("483.87")


def test_a_total_rounded_once_is_shared_out_by_largest_remainder():
    plans = _plans("""
rounding: {mode: half_up, at: total}
plans:
  - id: a
    price: "0"
    charges:
      - {meter: x, model: per_unit, unit_price: "0.333"}
      - {meter: y, model: per_unit, unit_price: "0.333"}
      - {meter: z, model: per_unit, unit_price: "0.335"}
""")

    made = invoice(plans.plans[0], dict.fromkeys("xyz", Decimal(1)), plans.rounding)

    # 1.001 is 1.00: a third line of 0.34 makes up for what the others lost.
    assert [line.amount for line in made.lines] == [Decimal("0.33"), Decimal("0.33"), Decimal("0.34")]
    assert made.total == Decimal("1.00")


def test_efficient_customers_get_their_band():
    plans = _one(
        "    charges: [{meter: n, model: per_unit, unit_price: '1'}]\n"
        "    efficiency_discount: {bands: [{better_than: 50%, percent: 5%}, {better_than: 90%, percent: 20%}]}\n"
    )

    def total(share):
        return invoice(plans.plans[0], {"n": Decimal(100)}, plans.rounding, efficiency=Decimal(share)).total

    assert [total(share) for share in ("0.1", "0.5", "0.95")] == [100, 95, 80]


def test_lint_lists_cliffs_unpaid_use_and_plans_nobody_should_take(tmp_path):
    path = tmp_path / "tiers.yaml"
    path.write_text("""plans:
  - id: small
    price: "50"
    included: {total: 100}
    charges: []
  - id: large
    price: "40"
    limits: {total: 200}
    charges:
      - {meter: n, model: volume, tiers: [{up_to: 10, unit_price: "2"}, {up_to: null, unit_price: "1"}]}
""")

    found = [(one.code, one.line, one.message) for one in lint_plans(path)]

    assert found == [
        ("dominated-plan", 2, "small is no cheaper than large, which covers more"),
        ("no-overage", 4, "small includes 100 total, and use beyond is neither charged nor limited"),
        ("cliff", 10, "beyond 10 n the charge falls from 20 to 10"),
    ]


def test_a_cliff_is_where_the_use_is_that_a_plan_does_not_include(tmp_path):
    """100 are included: 110 used are 10 charged at 2, a few more at 1; 5 units of the other meter are free as well."""
    path = tmp_path / "tiers.yaml"
    path.write_text("""plans:
  - id: a
    price: "5"
    included: {n: 100, m: 100}
    charges:
      - {meter: n, model: volume, tiers: [{up_to: 10, unit_price: "2"}, {up_to: null, unit_price: "1"}]}
      - {meter: m, model: volume, free_units: 5, tiers: [{up_to: 10, unit_price: "2"}, {up_to: null, unit_price: "1"}]}
""")

    assert [one.message for one in lint_plans(path)] == [
        "beyond 110 n the charge falls from 20 to 10",
        "beyond 115 m the charge falls from 20 to 10",
    ]
    (plan,) = _plans(path.read_text()).plans
    assert [invoice(plan, {"n": Decimal(used)}).total for used in ("110", "110.5")] == [Decimal(25), Decimal("15.5")]


def test_a_cliff_is_what_the_bounds_of_a_charge_leave_of_it(tmp_path):
    """100 n at 1 are 100 and 0.9 beyond are 90: both above the maximum of 50. Of m, 20 becomes 15, and 10 is as low as the minimum."""
    path = tmp_path / "tiers.yaml"
    path.write_text("""plans:
  - id: a
    price: "10"
    charges:
      - {meter: n, model: volume, maximum: "50", tiers: [{up_to: 100, unit_price: "1"}, {up_to: null, unit_price: "0.9"}]}
      - {meter: m, model: volume, maximum: "15", minimum: "12", tiers: [{up_to: 10, unit_price: "2"}, {up_to: null, unit_price: "1"}]}
      - {meter: k, model: block_volume, minimum: "9", tiers: [{max_blocks: 2, block_size: 2, price: "4"}, {block_size: 2, price: "1"}]}
""")

    assert [one.message for one in lint_plans(path)] == ["beyond 10 m the charge falls from 15 to 12"]
    (plan,) = _plans(path.read_text()).plans
    used = [{"n": Decimal(n), "m": Decimal(m)} for n, m in (("100", "10"), ("100.1", "10"), ("100.1", "10.1"))]
    # The third charge is never less than 9.
    assert [invoice(plan, one).total for one in used] == [10 + 50 + 15 + 9, 10 + 50 + 15 + 9, 10 + 50 + 12 + 9]


def test_a_next_size_that_is_cheaper_is_a_cliff(tmp_path):
    path = tmp_path / "tiers.yaml"
    path.write_text("""plans:
  - id: a
    price: "10"
    included: {users: 2}
    charges:
      - {meter: input, model: capacity, free_units: 1, tiers: [{up_to: 5, price: "1"}, {up_to: 9, price: "3"}, {price: "0.5"}]}
      - {model: capacity, tiers: [{limits: {users: 3}, price: "2"}, {price: "1"}]}
""")

    assert [one.message for one in lint_plans(path)] == [
        "beyond 10 input the charge falls from 3 to 0.5",
        "beyond 5 users the charge falls from 2 to 1",
    ]
    (plan,) = _plans(path.read_text()).plans
    used = [{"input": Decimal(n), "users": Decimal(m)} for n, m in ((10, 5), (11, 5), (11, 6))]
    assert [invoice(plan, one).total for one in used] == [15, Decimal("12.5"), Decimal("11.5")]


def test_lint_compares_plans_of_the_same_period_only(tmp_path):
    path = tmp_path / "tiers.yaml"
    path.write_text("""plans:
  - {id: yearly, price: "990", period: year, charges: [], limits: {total: 100}}
  - {id: monthly, price: "99", charges: [], limits: {total: 200}}
""")

    assert lint_plans(path) == []


def test_lint_shows_what_keeps_a_file_from_being_read(tmp_path):
    path = tmp_path / "tiers.yaml"
    path.write_text("plans:\n  - {id: a, price: x, charges: []}\n")

    (found,) = lint_plans(path)

    assert (found.code, found.severity, found.line) == ("unreadable", "error", 2)


def test_the_bounds_of_single_transactions_are_a_line_of_their_own():
    plans = _one(
        "    included: {revenue: '30'}\n"
        "    charges: [{model: percentage, percent: '3', fixed_amount: '1', per_transaction_maximum: '12'}]\n"
    )

    made = invoice(
        plans.plans[0],
        {"revenue": Decimal(1_050)},
        plans.rounding,
        transactions={"revenue": [Decimal(20), Decimal(30), Decimal(1_000)]},
    )

    # 20 and 10 are included; 20 x 3 % + 1 is 1.60, 1,000 x 3 % + 1 is 31, of which 19 are over the most.
    assert [(line.charge, line.quantity, line.amount) for line in made.lines] == [
        ("revenue", Decimal(1_020), Decimal("30.60")),
        ("revenue", Decimal(2), Decimal(2)),
        ("revenue per transaction", Decimal(1), Decimal(-19)),
    ]
    assert made.total == Decimal("13.60")
