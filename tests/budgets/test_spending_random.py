"""Random requests and budgets against sums taken request by request in Python."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

import pytest

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo")
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def _first(period: str, today):
    """The first day of the period that holds a day, counted another way than the code under test does."""
    day = today
    if period.endswith("d"):
        return today - timedelta(days=int(period[:-1]) - 1)
    if period == "week":
        while day.isoweekday() != 1:
            day -= timedelta(days=1)
    elif period in _MONTHS:
        while day.day != 1 or (day.month - 1) % _MONTHS[period]:
            day -= timedelta(days=1)
    return day


def _scope(terms):
    return f", scope: {{{', '.join(terms)}}}" if terms else ""


@pytest.mark.parametrize("seed", [*range(4), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(4, 16))])
def test_every_sum_is_that_of_its_requests(spend_all, judge, seed):
    rng = Random(seed)  # noqa: S311  a test
    # Around a switch of the clocks in Europe, in America or in neither.
    start = datetime(2026, *rng.choice([(3, 1), (10, 20), (6, 10)]), tzinfo=UTC)
    requests = []
    for _ in range(150):
        one = (
            start + timedelta(seconds=rng.randrange(40 * 86400), microseconds=rng.randrange(10**6)),
            Decimal(rng.randrange(10**14)).scaleb(-12),
            rng.choice(["acme", "globex", None]),
            rng.choice(["gpt-5", "gpt-5-mini", "opus"]),
        )
        requests.append(one)
    spend_all(
        {"started_at": str(at.replace(tzinfo=None)), "cost": str(cost), "customer_id": whose, "model": which}
        for at, cost, whose, which in requests
    )
    now = start + timedelta(days=30, seconds=rng.randrange(9 * 86400))
    entries, scopes = [], []
    for number in range(12):
        period = rng.choice(["day", "week", "month", "quarter", "year", "3d", "30d"])
        zone, customer = rng.choice(ZONES), rng.choice([None, "acme"])
        model, per = rng.choice([None, "gpt-5*"]), rng.choice([True, False])
        terms = [
            f"{key}: {value}" for key, value in (("customer_id", customer), ("model", model and f'"{model}"')) if value
        ]
        entries.append(
            f"  - {{name: b{number}, amount: 1000000, period: {period}, tz: {zone}"
            f"{', per: model' if per else ''}{_scope(terms)}}}"
        )
        scopes.append((period, ZoneInfo(zone), customer, model, per))
    found = judge("gate: {stale: 52w}\nbudgets:\n" + "\n".join(entries), now.isoformat())

    for number, (period, zone, customer, model, per) in enumerate(scopes):
        today = now.astimezone(zone).date()
        first = _first(period, today)
        expected: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
        for started_at, cost, whose, which in requests:
            day = started_at.astimezone(zone).date()
            wanted = (customer is None or whose == customer) and (model is None or which.startswith("gpt-5"))
            if first <= day <= today and started_at < now and wanted:
                expected[(which,) if per else ()] += cost
        actual = {one.values: one.spent for one in found.standings if one.budget.name == f"b{number}" and one.spent}
        assert actual == dict(expected), (entries[number], now)
