"""The log `llmcost demo` writes has four patterns planted in it; each must be found, with its own numbers."""

from datetime import UTC, date

import pytest
from tests.ingesting import read

from llmcost.demo.generator import generate
from llmcost.ledger import database
from llmcost.outliers.run import AuditRequest, audit
from llmcost.pricing.price_list import load_price_list


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    facts = generate(folder / "logs", seed=2026, requests=20_000, until=date(2026, 11, 20))
    read(folder / "demo.duckdb", folder / "logs")
    with database.reading(folder / "demo.duckdb") as connection:
        yield facts, audit(connection, load_price_list(), AuditRequest(zone=UTC))


def found(demo, detector):
    return [one for one in demo[1].findings if one.detector == detector]


def test_the_retry_storm_is_found_with_its_attempts_and_failures(demo):
    facts = demo[0]

    (storm,) = found(demo, "retry-storm")

    assert storm.evidence["attempts"] == facts.storm_attempts
    assert storm.evidence["failed_attempts"] == facts.storm_failures
    assert dict(storm.scope)["feature"] == facts.storm_feature


def test_the_leaking_team_is_found(demo):
    leaks = found(demo, "dev-leakage")

    assert [dict(one.scope) for one in leaks] == [{"team": demo[0].leaking_team}]


def test_the_zombie_is_found_and_its_users_left_when_they_did(demo):
    facts = demo[0]

    (zombie,) = found(demo, "zombie-feature")

    assert dict(zombie.scope) == {"feature": facts.zombie_feature}
    assert zombie.requests == facts.zombie_cron_requests
    assert zombie.since.date() <= facts.zombie_busy_until


def test_the_power_users_are_found_and_nothing_is_claimed_to_be_saved(demo):
    (power,) = found(demo, "power-users")

    assert power.evidence["top_users"] == demo[0].top_users
    assert power.savings is None


def test_what_is_saved_is_less_than_what_was_spent(demo):
    result = demo[1]
    low, mid, high = result.net_total

    assert 0 <= low <= mid <= high <= result.cost
    assert sum(result.net.values()) == mid
