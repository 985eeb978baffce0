"""Nothing is lost and nothing is counted twice, whatever the rules."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcost.allocation.engine import allocate
from llmcost.allocation.facts import Facts, Usage
from llmcost.allocation.policy import ALLOCATED, Driver, Policy, Rule, Sharing
from llmcost.allocation.record import ChargeLine
from llmcost.domain.apportion import apportioned, in_proportion

_OWNERS = ("a", "b", "c", "d", "\x1b[31me")
_money = st.decimals(min_value=0, max_value=10**6, places=12)
_signed = st.decimals(min_value=-(10**4), max_value=10**4, places=12)
_owner = st.sampled_from(_OWNERS)
_usage = st.builds(
    Usage, cost=_money, requests=st.integers(min_value=1, max_value=9), unpriced=st.integers(min_value=0, max_value=1)
)
_usages = st.dictionaries(st.one_of(st.none(), _owner), _usage, max_size=6)


@st.composite
def _sharings(draw, owners=_OWNERS):
    method = draw(st.sampled_from(["keep", "direct", "proportional", "even", "weights"]))
    several = st.lists(st.sampled_from(owners), unique=True, max_size=3).map(tuple)
    if method == "direct":
        return Sharing(method=method, to=(draw(st.sampled_from(owners)),))
    if method == "weights":
        weights = draw(
            st.dictionaries(st.sampled_from(owners), st.decimals(min_value=1, max_value=9, places=2), min_size=1)
        )
        return Sharing(method=method, weights=weights)
    if method == "proportional":
        driver = Driver(metric=draw(st.sampled_from(["cost", "requests", ALLOCATED])))
        return Sharing(method=method, to=draw(several), driver=driver)
    return Sharing(method=method, to=draw(several) if method == "even" else ())


def _charge(name, kind, amount):
    return ChargeLine(
        name=name,
        kind=kind,
        provider="azure",
        first_day=date(2026, 10, 1),
        grain="month",
        quantity=Decimal(1),
        unit="hour",
        unit_price=amount,
        amount=amount,
    )


@st.composite
def _cases(draw):
    pools = [Rule(name=f"pool {n}", sharing=draw(_sharings())) for n in range(draw(st.integers(0, 3)))]
    charged = [
        Rule(name=f"charge {n}", sharing=draw(_sharings()), charges=(pattern,))
        for n, pattern in enumerate(draw(st.lists(st.sampled_from(["commitment", "idle", "x*", "*"]), max_size=2)))
    ]
    # Who passes its cost on stands last and gives to the others.
    passing = draw(st.lists(_owner, unique=True, max_size=2))
    left = tuple(owner for owner in _OWNERS if owner not in passing)
    passed = [
        Rule(
            name=f"{owner} passes on",
            owner=owner,
            sharing=draw(_sharings(left).filter(lambda one: one.method != "keep")),
        )
        for owner in passing
    ]
    policy = Policy(
        by="team",
        decimals=draw(st.sampled_from([0, 2, 4, 12])),
        rules=(*pools, *charged, *passed),
        unattributed=draw(_sharings(left)),
        charges=draw(_sharings(left)),
        difference=draw(_sharings(left)),
    )
    facts = Facts(
        own=draw(_usages),
        taken={rule.name: draw(_usages) for rule in pools},
        charges=tuple(
            _charge(name, kind, draw(_signed))
            for name, kind in draw(
                st.lists(
                    st.tuples(st.sampled_from(["x1", "x2", "y"]), st.sampled_from(["commitment", "idle", "credit"]))
                )
            )
        ),
        drivers={
            Driver(metric=name): draw(st.dictionaries(_owner, st.decimals(min_value=-1, max_value=10**6, places=3)))
            for name in ("cost", "requests")
        },
        invoice=draw(st.one_of(st.none(), _money)),
    )
    return facts, policy


def _exact(facts):
    """What there is, added up as fractions: independent of the code's own sums."""
    if facts.invoice is not None:
        return Fraction(facts.invoice)
    usages = [*facts.own.values(), *(one for taken in facts.taken.values() for one in taken.values())]
    return sum((Fraction(one.cost) for one in usages), Fraction(0)) + sum(
        (Fraction(one.amount) for one in facts.charges), Fraction(0)
    )


@settings(max_examples=60, deadline=None)
@given(_cases())
def test_nothing_is_lost_and_nothing_twice_on_random_rules(case):
    facts, policy = case
    found = allocate(facts, policy)
    exact = _exact(facts)
    # To the last place of the ledger, and on statements to the unit that the exact total rounds to.
    assert sum((Fraction(line.cost) for line in found.lines), Fraction(0)) == exact
    unit = Fraction(1, 10**policy.decimals)
    assert sum((Fraction(line.amount) for line in found.lines), Fraction(0)) == round(exact / unit) * unit
    for line in found.lines:
        assert Fraction(line.amount) / unit == int(Fraction(line.amount) / unit)
    # Each cost is shared whole, in either precision.
    for source in found.sources:
        mine = [line for line in found.lines if (line.kind, line.source) == (source.kind, source.name)]
        given_away = [
            line
            for line in mine
            if not (line.kind == "owner" and line.base is None and line.owner == _passing(policy, source))
        ]
        assert sum((Fraction(line.cost) for line in given_away), Fraction(0)) == Fraction(source.cost)
        assert sum((Fraction(line.amount) for line in given_away), Fraction(0)) == Fraction(source.amount)
    # Whoever passes its cost on is left with nothing.
    for rule in policy.rules:
        if rule.owner is not None:
            assert sum(line.amount for line in found.lines if line.owner == rule.owner) == 0


def _passing(policy, source):
    return next((rule.owner for rule in policy.rules if rule.owner is not None and rule.name == source.name), None)


@settings(max_examples=25, deadline=None)
@given(_cases(), st.randoms(use_true_random=False))
def test_the_order_of_facts_changes_nothing(case, random):
    facts, policy = case

    def shuffled(mapping):
        items = list(mapping.items())
        random.shuffle(items)
        return dict(items)

    charges = list(facts.charges)
    random.shuffle(charges)
    again = replace(
        facts,
        own=shuffled(facts.own),
        taken={name: shuffled(one) for name, one in shuffled(facts.taken).items()},
        charges=tuple(charges),
        drivers={driver: shuffled(one) for driver, one in facts.drivers.items()},
    )

    def borne(found):
        return {
            (line.owner, line.kind, line.source): (line.cost, line.amount)
            for line in found.lines
            if line.kind != "owner"
        }

    assert borne(allocate(facts, policy)) == borne(allocate(again, policy))


@settings(max_examples=25, deadline=None)
@given(_cases())
def test_rules_about_requests_may_stand_in_any_order(case):
    facts, policy = case
    pools = [rule for rule in policy.rules if not rule.charges and rule.owner is None]
    plain = replace(policy, rules=tuple(rule for rule in pools if rule.sharing.driver.metric != ALLOCATED))
    facts = replace(facts, taken={rule.name: facts.taken[rule.name] for rule in plain.rules})
    turned = replace(plain, rules=tuple(reversed(plain.rules)))

    def borne(found):
        return {(line.owner, line.kind, line.source): (line.cost, line.amount) for line in found.lines}

    plain, turned = (
        replace(
            one, unattributed=Sharing(method="keep"), charges=Sharing(method="keep"), difference=Sharing(method="keep")
        )
        for one in (plain, turned)
    )
    assert borne(allocate(facts, plain)) == borne(allocate(facts, turned))


@given(
    st.dictionaries(
        st.one_of(st.none(), st.text(max_size=3)), st.fractions(-1000, 1000, max_denominator=999), min_size=1
    )
)
def test_apportioned_parts_add_up_and_are_near(parts):
    total = Decimal(round(sum(parts.values(), Fraction(0)) * 100)).scaleb(-2)
    found = apportioned(total, parts, 2)
    assert sum(found.values()) == total
    for name, part in parts.items():
        assert abs(Fraction(found[name]) - part) <= Fraction(1, 100)


def test_ties_go_to_the_larger_part_then_to_the_name_that_sorts_first_and_nobody_comes_last():
    third = Fraction(10, 3)
    assert apportioned(Decimal("10.00"), {"b": third, "a": third, None: third}, 2) == {
        "a": Decimal("3.34"),
        "b": Decimal("3.33"),
        None: Decimal("3.33"),
    }
    # Both lose half a cent by rounding down; the larger one gets the cent.
    assert apportioned(Decimal("3.00"), {"a": Fraction("0.995"), "b": Fraction("2.005")}, 2) == {
        "a": Decimal("0.99"),
        "b": Decimal("2.01"),
    }


def test_a_credit_is_shared_like_a_cost():
    assert in_proportion(Decimal("-0.05"), {"a": Fraction(1), "b": Fraction(1), "c": Fraction(1)}, 2) == {
        "a": Decimal("-0.01"),
        "b": Decimal("-0.02"),
        "c": Decimal("-0.02"),
    }


def test_what_cannot_be_shared_is_an_error_not_a_loss():
    with pytest.raises(ValueError, match="nobody to bear it"):
        apportioned(Decimal("0.01"), {}, 2)
    with pytest.raises(ValueError, match="more than 2 decimals"):
        apportioned(Decimal("0.001"), {"a": Fraction(1)}, 2)
    with pytest.raises(ValueError, match="no weight"):
        in_proportion(Decimal(1), {"a": Fraction(0)}, 2)
