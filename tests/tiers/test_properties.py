"""What must hold of any invoice, whatever the plan and the quantity."""

from decimal import Decimal, localcontext
from itertools import pairwise

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st
from tests.ingesting import kept_memory_ledger

from llmcost.tiers.charges import model, models
from llmcost.tiers.exact import exact_column
from llmcost.tiers.invoice import invoice
from llmcost.tiers.lint import cliffs
from llmcost.tiers.plan import (
    MODES,
    ROUND_AT,
    ZERO_USAGE,
    Block,
    Charge,
    Discount,
    EfficiencyDiscount,
    Plan,
    Rounding,
    Step,
    Tier,
)
from llmcost.tiers.sql import PLACES, with_bill

PRICES = st.integers(0, 5_000).map(lambda n: Decimal(n).scaleb(-3))
WHOLE = st.integers(0, 5_000).map(Decimal)
QUANTITIES = st.integers(0, 5_000_000).map(lambda n: Decimal(n).scaleb(-3))
NUMBERS = st.builds(
    lambda n, places: Decimal(n).scaleb(-places), st.integers(0, 10**6), st.sampled_from((0, 1, 2, 3, 5, 8))
)
MONEY = st.integers(0, 10**16).map(lambda n: Decimal(n).scaleb(-12))
SHARES = st.sampled_from([Decimal(text) for text in ("0.05", "0.1", "0.33333", "0.5", "0.875", "1")])
SIZES = st.sampled_from([Decimal(text) for text in ("1", "0.000001", "3", "7.5", "1000", "1000000")])
PERS = st.sampled_from([Decimal(10) ** power for power in range(7)])
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
    assert {cliff.quantity for cliff in cliffs(_plan(charge), charge)} == jumps


@st.composite
def charges(draw):
    """A charge of any model, on the money of `n` or the count of `m`."""
    name = draw(st.sampled_from(models()))
    meter = draw(st.sampled_from("nm"))
    low, high = sorted((draw(NUMBERS), draw(NUMBERS)))
    own = {
        "per_unit": lambda: {"unit_price": draw(NUMBERS), "per": draw(PERS)},
        "percentage": lambda: {
            "unit_price": draw(NUMBERS), "fixed_amount": draw(NUMBERS), "events": "m", "free_events": draw(WHOLE),
        },
        "package": lambda: {
            "package_size": draw(SIZES),
            "package_price": draw(NUMBERS),
            "package_rounding": draw(st.sampled_from(("up", "down"))),
            "package_minimum": draw(st.integers(0, 3)),
        },
        "graduated": lambda: {"tiers": draw(fine_tiers()), "per": draw(PERS)},
        "volume": lambda: {"tiers": draw(fine_tiers()), "per": draw(PERS)},
        "block_graduated": lambda: {"blocks": draw(blocks())},
        "block_volume": lambda: {"blocks": draw(blocks())},
        "capacity": lambda: {"steps": draw(steps())},
    }[name]()  # fmt: skip
    return Charge(
        name=name,
        meter=meter,
        model=name,
        free_units=draw(st.one_of(st.just(Decimal(0)), NUMBERS)),
        minimum=draw(st.sampled_from((None, low))),
        maximum=draw(st.sampled_from((None, high))),
        zero_usage=draw(st.sampled_from(ZERO_USAGE)),
        **own,
    )


@st.composite
def fine_tiers(draw):
    return tuple(
        Tier(up_to=bound, unit_price=draw(NUMBERS), flat_fee=draw(NUMBERS))
        for bound in [*map(Decimal, draw(BOUNDS)), None]
    )


@st.composite
def blocks(draw):
    many = [*draw(st.lists(st.integers(1, 40), max_size=3)), None]
    return tuple(Block(size=draw(SIZES), price=draw(NUMBERS), most=most) for most in many)


@st.composite
def steps(draw):
    limits = [{"n": Decimal(bound), "m": Decimal(2 * bound)} for bound in draw(BOUNDS)]
    return tuple(Step(limits=one, price=draw(NUMBERS)) for one in [*limits, {}])


@st.composite
def plans(draw):
    low, high = sorted((draw(NUMBERS), draw(NUMBERS)))
    bands = sorted({draw(SHARES): draw(SHARES) for _ in range(2)}.items(), reverse=True)
    return Plan(
        id="it",
        name="it",
        price=draw(NUMBERS),
        period="month",
        charges=tuple(draw(st.lists(charges(), max_size=3))),
        included=draw(st.dictionaries(st.sampled_from("nm"), NUMBERS)),
        limits={},
        discounts=tuple(
            draw(
                st.lists(
                    st.builds(Discount, share=SHARES, meter=st.sampled_from((None, "n", "m")))
                    | st.builds(Discount, amount=NUMBERS, meter=st.sampled_from((None, "n", "m"))),
                    max_size=2,
                )
            )
        ),
        efficiency=draw(st.sampled_from((None, EfficiencyDiscount(measure="cost_per_request", bands=tuple(bands))))),
        minimum=draw(st.sampled_from((None, low))),
        maximum=draw(st.sampled_from((None, high))),
        credits=draw(st.one_of(st.just(Decimal(0)), NUMBERS)),
    )


@given(
    plans(),
    st.lists(
        st.tuples(MONEY, st.integers(0, 10**13).map(Decimal), st.one_of(st.none(), SHARES)), min_size=1, max_size=3
    ),
    st.builds(Rounding, mode=st.sampled_from(MODES), places=st.integers(0, 12), at=st.sampled_from(ROUND_AT)),
)
@pytest.mark.slow
def test_a_whole_table_is_rated_like_one_invoice_each(plan, rows, rounding):
    columns = list(zip(*rows, strict=True))
    meters = {
        name: exact_column(name, places, min(column), max(column))
        for name, places, column in (("n", 12, columns[0]), ("m", 0, columns[1]))
    }
    values = ", ".join(
        f"({place}, cast({n:f} as decimal(26, 12)), cast({m} as decimal(18, 0)), cast({share or 'null'} as double))"
        for place, (n, m, share) in enumerate(rows)
    )
    source = f"select * from (values {values}) as used (place, n, m, cost_per_request_rank)"
    try:
        rated = with_bill(source, plan, rounding, meters, "bill_0")
    except OverflowError:
        reject()

    bills = LEDGER.execute(f"select bill_0 from ({rated}) order by place").fetchall()

    with localcontext(prec=80):
        expected = [
            invoice(plan, {"n": n, "m": m}, rounding, efficiency=share).total.quantize(Decimal(1).scaleb(-PLACES))
            for n, m, share in rows
        ]
    assert [bill for (bill,) in bills] == expected


def test_each_model_is_a_file_with_its_parts():
    for part in ("KEYS", "REQUIRED", "pieces", "expressions"):
        assert hasattr(model("graduated"), part)


LEDGER = kept_memory_ledger()
