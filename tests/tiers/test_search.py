"""The search finds what looking at every set finds."""

from decimal import Decimal
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcost.tiers.candidates import human_price, round_quantity
from llmcost.tiers.climb import climb, grown
from llmcost.tiers.market import Candidate, Constraints, Market, Month, is_list
from llmcost.tiers.search import best

MONTHS = st.lists(
    st.builds(
        Month,
        customer=st.integers(0, 29),
        usage=st.integers(0, 3_000).map(Decimal),
        cost=st.integers(0, 150).map(Decimal),
        now=st.integers(1, 60).map(Decimal),
        most=st.none() | st.integers(20, 200).map(Decimal),
    ),
    min_size=1,
    max_size=30,
).map(lambda months: sorted(months, key=lambda month: month.usage))
CANDIDATES = st.lists(
    st.builds(
        Candidate,
        price=st.integers(0, 120).map(Decimal),
        included=st.integers(0, 3_000).map(Decimal),
        overage=st.none() | st.integers(0, 9).map(lambda n: Decimal(n) / 100),
    ),
    min_size=1,
    max_size=8,
    unique=True,
)
LIMITS = st.builds(
    Constraints,
    rise=st.sampled_from((Decimal(0), Decimal("0.5"), Decimal(3))),
    spared=st.sampled_from((Decimal(0), Decimal("0.5"), Decimal("0.9"))),
    margin=st.sampled_from((Decimal(-100), Decimal(0))),
)


def _bill(plan, usage):
    """In dollars; None beyond a limit."""
    beyond = max(usage - plan.included, Decimal(0))
    if plan.overage is None:
        return None if beyond else plan.price
    return plan.price + Decimal(int(beyond * plan.overage * 100 + Decimal("0.5"))) / 100


def _brings(months, chosen, limits):
    """The revenue of a set of plans; None where it breaks a constraint."""
    if any(a.included >= b.included or a.price >= b.price for a, b in pairwise(chosen)) or chosen[-1].overage is None:
        return None
    now, new, paid, left, takers = {}, {}, [0] * len(chosen), [0] * len(chosen), [0] * len(chosen)
    for month in months:
        bills = [_bill(plan, month.usage) for plan in chosen]
        bill = min(bill for bill in bills if bill is not None)
        if month.most is not None and bill > month.most:
            return None
        now[month.customer] = now.get(month.customer, 0) + month.now
        new[month.customer] = new.get(month.customer, 0) + bill
        paid[bills.index(bill)] += bill
        left[bills.index(bill)] += bill - month.cost
        takers[bills.index(bill)] += 1
    fine = sum(1 for name, before in now.items() if new[name] <= before * (1 + limits.rise))
    kept = all(rest >= limits.margin * revenue for rest, revenue in zip(left, paid, strict=True))
    return sum(paid) if all(takers) and kept and Decimal(fine) / len(now) >= limits.spared else None


@settings(max_examples=150)
@given(MONTHS, CANDIDATES, st.integers(1, 3), LIMITS)
def test_no_set_of_plans_that_keeps_the_constraints_earns_more(months, candidates, count, limits):
    found = best(Market(months, limits), candidates, count)

    sets = combinations(sorted(candidates, key=lambda plan: plan.order), count)
    brought = [revenue for chosen in sets if (revenue := _brings(months, chosen, limits)) is not None]
    assert (None if found is None else _brings(months, found, limits)) == max(brought, default=None)


@settings(max_examples=60)
@given(MONTHS, CANDIDATES, CANDIDATES, st.integers(1, 3), LIMITS)
def test_climbing_ends_where_no_other_plan_in_place_of_one_earns_more(months, few, more, count, limits):
    market = Market(months, limits)
    start = best(market, few, count)
    if start is None:
        return

    end = climb(market, start, more)

    top = _brings(months, end, limits)
    assert top is not None
    assert top >= _brings(months, start, limits)
    for place in range(count):
        for plan in more:
            other = _brings(months, (*end[:place], plan, *end[place + 1 :]), limits)
            assert other is None or other <= top
    larger = grown(market, end, more)
    if larger is not None:
        assert [plan for plan in larger if plan in end] == list(end)
        assert len(larger) == count + 1
        assert _brings(months, larger, limits) <= top


def test_the_largest_plan_of_a_price_list_has_no_limit():
    small = Candidate(price=Decimal(9), included=Decimal(10), overage=None)
    large = Candidate(price=Decimal(19), included=Decimal(20), overage=Decimal(1))

    assert is_list((small, large))
    assert not is_list((large, small))
    assert not is_list((small,))


@pytest.mark.parametrize(
    ("amount", "price"),
    [
        ("0", 1),
        ("8.5", 9),
        ("10", 19),
        ("99", 99),
        ("100", 109),
        ("180", 189),
        ("200", 249),
        ("500", 599),
        ("1100", 1199),
    ],
)
def test_prices_look_like_a_price_list(amount, price):
    assert human_price(Decimal(amount)) == price


@pytest.mark.parametrize(
    ("used", "size"), [("0.2", 1), ("1.2", 2), ("3", 3), ("7", 8), ("11", 15), ("700", 800), ("1000001", 1_500_000)]
)
def test_quantities_look_like_a_price_list(used, size):
    assert round_quantity(Decimal(used)) == size
