"""Several patterns at once, and traffic at the edge of one: sums hold, and nothing is found where nothing is."""

import json
from datetime import UTC, timedelta
from decimal import Decimal

import pytest
from tests.ingesting import read
from tests.outliers.injector import PLANTS, START, clean

from llmcost.ledger import database
from llmcost.outliers.run import AuditRequest, audit
from llmcost.pricing.price_list import load_price_list

PRICES = load_price_list()


def audited(tmp_path, traffic):
    log, ledger = tmp_path / "made.jsonl", tmp_path / "made.duckdb"
    log.write_text("".join(json.dumps(record) + "\n" for record in traffic.records))
    read(ledger, log)
    with database.reading(ledger) as connection:
        return audit(connection, PRICES, AuditRequest(zone=UTC))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_net_savings_never_exceed_what_was_spent_whatever_is_wrong(tmp_path, seed):
    traffic = clean(seed=seed, per_day=20)
    chosen = traffic.rng.sample(sorted(PLANTS), 9)
    for name in chosen:
        PLANTS[name](traffic, 0.7)

    result = audited(tmp_path, traffic)
    low, mid, high = result.net_total
    gross = sum((one.savings.mid for one in result.findings if one.savings), Decimal(0))

    assert 0 <= low <= mid <= high <= result.cost
    assert sum(result.net.values()) == mid <= gross
    for one in result.findings:
        assert one.savings is None or 0 <= one.savings.low <= one.savings.mid <= one.savings.high <= one.cost


@pytest.mark.slow
def test_a_single_request_raises_nothing_and_divides_by_nothing(tmp_path):
    traffic = clean(seed=1, per_day=1, days=1)
    traffic.records = traffic.records[:1] or [
        traffic.add(traffic.moment(0), "chat", "gpt-4o", input_tokens=10**6, output_tokens=10**5)
    ]

    result = audited(tmp_path, traffic)

    assert result.findings == ()
    assert result.requests == 1


def test_an_empty_ledger_is_not_evaluated_and_says_so(ledger):
    result = audit(ledger, PRICES, AuditRequest(zone=UTC))

    assert result.findings == ()
    assert {one.reason for one in result.not_evaluated} == {"no requests in this period"}


def test_requests_that_cost_and_use_nothing_divide_by_nothing(tmp_path):
    traffic = clean(seed=2, per_day=0, days=0)
    for day in range(49):
        for _ in range(5):
            traffic.add(traffic.moment(day), "chat", "gpt-4o", status="error", input_tokens=0, output_tokens=0)

    assert audited(tmp_path, traffic).findings == ()


@pytest.mark.slow
def test_an_hour_is_told_where_its_day_is_not_unusual(tmp_path):
    traffic = clean(seed=3, per_day=0, days=0)
    for day in range(42):
        # Days differ ninefold, so none of them is unusual; all that is usual happens at ten o'clock.
        for number in range(20):
            at = START + timedelta(days=day, hours=10, minutes=number)
            traffic.add(at, "chat", "gpt-4o", input_tokens=40_000 * (1 + 5 * day % 9), output_tokens=0)
    for number in range(60):
        at = START + timedelta(days=36, hours=3, seconds=40 * number)
        traffic.add(at, "chat", "gpt-4o", input_tokens=40_000, output_tokens=0)

    findings = audited(tmp_path, traffic).findings

    # 60 x 40,000 x 2.50 / 1e6, and nobody else is up.
    (hour,) = [one for one in findings if one.detector == "spend-anomaly"]
    assert hour.since == (START + timedelta(days=36, hours=3)).replace(tzinfo=None)
    assert (hour.cost, hour.evidence["expected_cost"]) == (6, 0)
    assert "where nothing was expected" in hour.headline


@pytest.mark.slow
def test_a_nightly_job_is_no_unusual_hour_while_three_nights_like_it_are_still_to_come(tmp_path):
    traffic = clean(seed=4, per_day=0, days=0)
    for day in range(30):
        for hour in (3, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22):
            for number in range(60 if hour == 3 else 2):
                at = START + timedelta(days=day, hours=hour, seconds=30 * number)
                traffic.add(at, "chat", "gpt-4o", input_tokens=20_000, output_tokens=0)

    assert [one for one in audited(tmp_path, traffic).findings if one.detector == "spend-anomaly"] == []
