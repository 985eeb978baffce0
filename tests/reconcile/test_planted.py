"""Causes planted in an exact bill are each named with their amount; where none is planted, none is named."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from itertools import product

import pytest
from tests.reconcile.company import FIRST, company, luck, plant, with_searches, write_cost_report, write_openai_costs

ALL = {"missing", "boundary", "batch", "writes", "searches"}
BILLED_FROM = FIRST + timedelta(days=1)
DAYS = 8


def named(result):
    """Amount by cause."""
    amounts = defaultdict(Decimal)
    for cause in result.causes:
        amounts[cause.cause] += cause.amount
    return dict(amounts)


def check(result, planted):
    """What holds whatever was planted."""
    assert result.difference == planted.total
    assert result.explained + result.unexplained == result.difference
    for row in result.rows:
        assert row.difference == sum((amount for _, amount in row.causes), Decimal(0)) + row.unexplained
    assert named(result).keys() == planted.amounts.keys()
    for cause, amount in named(result).items():
        assert abs(amount - planted.amounts[cause]) <= Decimal("0.00000001"), cause
    assert result.unexplained_rows <= Decimal("0.01")
    assert result.within_tolerance


def bills(folder, planted):
    return write_cost_report(folder / "claude.json", planted.charges), write_openai_costs(
        folder / "openai.json", planted.charges
    )


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))])
def test_a_bill_without_any_cause_has_none(reconciled, tmp_path, seed):
    chance = luck(seed)
    planted = plant(with_searches(company(seed), chance), set(), chance, first=BILLED_FROM, days=DAYS)

    result = reconciled(planted.logged, *bills(tmp_path, planted))

    assert result.causes == ()
    assert result.difference == 0
    assert all(row.difference == 0 for row in result.rows)


@pytest.mark.slow
@pytest.mark.parametrize("cause", sorted(ALL))
def test_one_cause_is_named_alone(reconciled, tmp_path, cause):
    planted = plant(company(11), {cause}, luck(11), first=BILLED_FROM, days=DAYS)

    check(reconciled(planted.logged, *bills(tmp_path, planted)), planted)


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "hours"), [(21, -8), (22, 9)])
def test_all_five_are_named_together(reconciled, tmp_path, seed, hours):
    planted = plant(company(seed), ALL, luck(seed), first=BILLED_FROM, days=DAYS, hours=hours)
    assert len(planted.amounts) == 5

    check(reconciled(planted.logged, *bills(tmp_path, planted)), planted)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [31, 32])
def test_any_of_them_are_named_together(reconciled, tmp_path, seed):
    scenario(reconciled, tmp_path, seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 160))
def test_many_companies(reconciled, tmp_path, seed):
    scenario(reconciled, tmp_path, seed)


def scenario(reconciled, folder, seed):
    """Some causes, some size, some zone, all from one seed."""
    chance = luck(seed)
    causes = set(chance.sample(sorted(ALL), chance.randrange(1, 6)))
    calls = company(seed, calls=chance.choice([200, 400, 900]))
    if chance.random() < 0.5:
        calls = with_searches(calls, chance)
    hours = chance.choice([-11, -8, -5, 1, 5, 8, 9, 13])
    planted = plant(calls, causes, chance, first=BILLED_FROM, days=DAYS, hours=hours)

    check(reconciled(planted.logged, *bills(folder, planted)), planted)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("causes", "detail"), [*product([{"batch"}, {"writes"}, {"batch", "writes"}], ["model", "day"])]
)
def test_a_coarse_bill_shows_what_prices_explain(reconciled, tmp_path, causes, detail):
    """Without token classes, or without models either, the arithmetic is the same."""
    calls = [call for call in company(41) if call.provider == "anthropic"]
    planted = plant(calls, causes, luck(41), first=BILLED_FROM, days=DAYS)
    coarse = defaultdict(Decimal)
    for (day, model, _), amount in planted.charges.items():
        coarse[day, model if detail == "model" else "", ""] += amount

    result = reconciled(planted.logged, write_cost_report(tmp_path / "bill.json", coarse))

    assert {row.key.token_class for row in result.rows} == {None}
    assert len(result.rows) == DAYS * (2 if detail == "model" else 1)
    check(result, planted)
