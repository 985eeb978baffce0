"""What must hold of any invoice, whatever the plan and the quantity."""

from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from tests.ingesting import memory_ledger

from llmcost.tiers.charges import model
from llmcost.tiers.invoice import invoice
from llmcost.tiers.lint import cliffs
from llmcost.tiers.plan import MODES, Charge, Discount, Plan, Rounding, Tier
from llmcost.tiers.sql import with_bill

PRICES = st.integers(0, 5_000).map(lambda n: Decimal(n).scaleb(-3))
WHOLE = st.integers(0, 5_000).map(Decimal)
QUANTITIES = st.integers(0, 5_000_000).map(lambda n: Decimal(n).scaleb(-3))
BOUNDS = st.lists(st.integers(1, 4_000), min_size=0, max_size=4, unique=True).map(sorted)


@st.composite
def tiers(draw, *, flats=True):
    bounds = [*map(Decimal, draw(BOUNDS)), None]
    return tuple(
        Tier(up_to=bound, unit_price=draw(PRICES), flat_fee=draw(PRICES) if flats else Decimal(0)) for bound in bounds
    )


def _plan(*charges, **rest):
    return Plan(
        id="it",
        name="it",
        price=rest.pop("price", Decimal(0)),
        period="month",
        charges=charges,
        included={},
        limits={},
        **rest,
    )


def _graduated(steps):
    return _plan(Charge(name="n", meter="n", model="graduated", tiers=steps, zero_usage="skip"))


def _total(plan, quantity, rounding=None):
    return invoice(plan, {"n": quantity}, rounding).total


@given(tiers(flats=False), QUANTITIES, QUANTITIES)
def test_graduated_tiers_without_flat_fees_never_fall_and_never_jump(steps, one, other):
    low, high = sorted((one, other))
    dearest = max(step.unit_price for step in steps)

    rise = _total(_graduated(steps), high) - _total(_graduated(steps), low)

    assert 0 <= rise <= dearest * (high - low)


@given(tiers(), WHOLE, WHOLE, WHOLE)
def test_going_there_in_two_steps_costs_as_much_as_in_one(steps, one, two, three):
    a, b, c = sorted((one, two, three))
    plan = _graduated(steps)

    def between(low, high):
        """What the units beyond `low` cost, tier by tier, worked out unit for unit of each tier."""
        total, below = Decimal(0), Decimal(0)
        for step in steps:
            top = high if step.up_to is None else min(high, step.up_to)
            total += max(top - max(low, below), Decimal(0)) * step.unit_price
            total += step.flat_fee if low <= below < high else 0
            if step.up_to is None:
                break
            below = step.up_to
        return total

    assert between(a, b) + between(b, c) == between(a, c) == _total(plan, c) - _total(plan, a)


@given(tiers(), QUANTITIES, PRICES, PRICES, st.sampled_from(MODES), st.sampled_from(("line", "total")))
def test_lines_add_up_and_a_charge_stays_between_its_bounds(steps, quantity, one, other, mode, at):  # noqa: PLR0917  hypothesis gives them in order
    low, high = (bound.quantize(Decimal("0.01")) for bound in sorted((one, other)))
    charge = Charge(name="n", meter="n", model="graduated", tiers=steps, minimum=low, maximum=high)

    made = invoice(_plan(charge), {"n": quantity}, Rounding(mode=mode, at=at))

    assert sum(line.amount for line in made.lines) == made.total
    assert low <= made.total <= high
    assert mode == "none" or made.total == made.total.quantize(Decimal("0.01"))


@given(st.lists(QUANTITIES, min_size=2, max_size=6), PRICES, PRICES, PRICES, PRICES)
def test_transactions_cost_as_much_as_one_by_one(amounts, share, fixed, one, other):
    low, high = sorted((one, other))
    charge = Charge(
        name="n", meter="n", model="percentage", unit_price=share, fixed_amount=fixed, transaction_minimum=low,
        transaction_maximum=high,
    )  # fmt: skip

    made = invoice(_plan(charge), {"n": sum(amounts)}, transactions={"n": amounts})

    alone = [max(low, min(high, amount * share + fixed)) for amount in amounts]
    assert made.total == sum(alone)
    assert sum(line.amount for line in made.lines) == made.total


@given(st.lists(QUANTITIES, max_size=6), tiers())
def test_the_order_of_events_means_nothing(events, steps):
    assert _total(_graduated(steps), sum(events, Decimal(0))) == _total(
        _graduated(steps), sum(reversed(events), Decimal(0))
    )


@given(tiers())
def test_every_cliff_of_a_volume_charge_is_listed(steps):
    charge = Charge(name="n", meter="n", model="volume", tiers=steps)
    tiny = Decimal("0.000001")

    jumps = {
        one.up_to
        for one, _ in pairwise(steps)
        if abs(_total(_plan(charge), one.up_to + tiny) - _total(_plan(charge), one.up_to)) > 6 * tiny
    }

    # Prices have three decimals and bounds are whole, so that a jump is a tenth of a cent at least.
    assert {cliff.quantity for cliff in cliffs(charge)} == jumps


@given(
    tiers(),
    QUANTITIES,
    st.sampled_from(("graduated", "volume")),
    st.sampled_from(MODES),
    st.sampled_from(("line", "total")),
    st.sampled_from((Decimal(0), Decimal("0.15"))),
    st.sampled_from((None, Decimal("12.34"))),
    st.sampled_from((Decimal(0), Decimal(5))),
)
def test_a_whole_table_is_rated_like_one_invoice(steps, quantity, name, mode, at, share, bound, credit):  # noqa: PLR0917  hypothesis gives them in order
    charge = Charge(name="n", meter="n", model=name, tiers=steps, free_units=Decimal(3), maximum=bound)
    plan = _plan(
        charge,
        price=Decimal("9.99"),
        discounts=(Discount(share=share), Discount(amount=Decimal("1.5"), meter="n")) if share else (),
        minimum=bound,
        credits=credit,
    )
    rounding = Rounding(mode=mode, at=at)
    source = f"select cast({quantity} as decimal(26, 6)) as n"

    (bill,) = LEDGER.execute(
        f"select bill_0 from ({with_bill(source, plan, rounding, {'n': 'n'}, 'bill_0')})"
    ).fetchone()

    assert bill == _total(plan, quantity, rounding)


def test_each_model_is_a_file_with_its_parts():
    for part in ("KEYS", "REQUIRED", "pieces", "expressions"):
        assert hasattr(model("graduated"), part)


LEDGER = memory_ledger()
