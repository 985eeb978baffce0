"""The search finds what looking at every set finds."""

from decimal import Decimal
from itertools import combinations, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from llmcost.tiers.candidates import human_price, round_quantity
from llmcost.tiers.search import Candidate, Constraints, Month, best

MONTHS = st.lists(
    st.builds(
        Month,
        customer=st.integers(0, 29),
        usage=st.integers(0, 3_000).map(Decimal),
        cost=st.integers(0, 150).map(Decimal),
        now=st.integers(1, 60).map(Decimal),
    ),
    min_size=1,
    max_size=30,
)
CANDIDATES = st.lists(
    st.builds(
        Candidate,
        price=st.integers(0, 120).map(Decimal),
        included=st.integers(0, 3_000).map(Decimal),
        overage=st.integers(0, 9).map(lambda n: Decimal(n) / 100),
    ),
    min_size=1,
    max_size=8,
    unique=True,
)


def _by_looking_at_all(months, candidates, count, limits):
    most = None
    for chosen in combinations(sorted(candidates, key=lambda c: (c.included, c.price, c.overage)), count):
        if any(a.included >= b.included or a.price >= b.price for a, b in pairwise(chosen)):
            continue
        now, new, left, paid = {}, {}, [Decimal(0)] * count, [Decimal(0)] * count
        for month in months:
            bills = []
            for plan in chosen:
                over = max(month.usage - plan.included, Decimal(0)) * plan.overage
                bills.append(plan.price + Decimal(int(over * 100 + Decimal("0.5"))) / 100)
            bill = min(bills)
            now[month.customer] = now.get(month.customer, 0) + month.now
            new[month.customer] = new.get(month.customer, 0) + bill
            paid[bills.index(bill)] += bill
            left[bills.index(bill)] += bill - month.cost
        fine = sum(1 for name, before in now.items() if new[name] <= before * (1 + limits.rise))
        if Decimal(fine) / len(now) < limits.spared:
            continue
        if any(rest < limits.margin * revenue for rest, revenue in zip(left, paid, strict=True)):
            continue
        total = sum(paid)
        most = total if most is None else max(most, total)
    return most


@settings(max_examples=60)
@given(
    MONTHS,
    CANDIDATES,
    st.integers(1, 3),
    st.sampled_from((Decimal(0), Decimal("0.5"), Decimal(3))),
    st.sampled_from((Decimal(0), Decimal("0.5"), Decimal("0.9"))),
    st.sampled_from((Decimal(-100), Decimal(0))),
)
def test_no_set_of_plans_that_keeps_the_constraints_earns_more(months, candidates, count, rise, spared, margin):  # noqa: PLR0917  hypothesis gives them in order
    limits = Constraints(rise=rise, spared=spared, margin=margin)

    found = best(months, candidates, count, limits)

    expected = _by_looking_at_all(months, candidates, count, limits)
    assert (found is None) == (expected is None)
    if found is not None:
        assert sum(min(plan.bill(month.usage) for plan in found) for month in months) == expected


def test_prices_and_quantities_look_like_a_price_list():
    assert [human_price(Decimal(n)) for n in (0, 9, 10, 99, 100, 180, 500, 1100)] == [9, 9, 19, 99, 149, 199, 599, 1499]
    assert [round_quantity(Decimal(n)) for n in (1, 3, 700, 1_000_001)] == [1, 5, 1_000, 2_000_000]
