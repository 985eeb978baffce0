"""`llmcost quota check` with past requests, a roster, an older config and the limits of a provider."""

import json
from datetime import timedelta

import pytest
from tests.quota.ledgers import at, every, fill

from llmcost.ledger.database import writing

LIMITS = """\
name: limits
type: gateway-rate-limiting-config
rules:
  - {id: red, when: {subjects: ["team:red"]}, limit_to: 40, unit: requests_per_hour}
  - {id: bob, when: {subjects: ["user:bob"]}, limit_to: 40, unit: requests_per_hour}
  - {id: all, when: {}, limit_to: 0, unit: requests_per_hour}
"""
NOT_RUN = "checks that compare with past requests were not run"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "limits.yaml").write_text(LIMITS, "utf-8")
    return tmp_path


def put(path):
    # One a minute: of the 60 of an hour 20 are refused.
    with writing(path) as ledger:
        fill(ledger, every(at("2026-11-02"), timedelta(minutes=1), 120, user="bob", cost="0.01"))


def codes(run):
    return [one["code"] for one in json.loads(run.stdout)["findings"]]


def test_the_usual_ledger_is_looked_at_if_it_is_there(cli, folder):
    without = cli("quota", "check", "limits.yaml", "--select", "QU605", "--format", "json")
    put(folder / "llmcost.duckdb")
    run = cli("quota", "check", "limits.yaml", "--select", "QU605", "--format", "json")
    unwanted = cli("quota", "check", "limits.yaml", "--select", "QU605", "--format", "json", "--no-data")

    assert (codes(without), without.stderr.count(NOT_RUN)) == ([], 1)
    assert codes(run) == ["QU605"]
    assert NOT_RUN not in run.stderr
    assert "compared with 120 requests of 1 day in llmcost.duckdb" in run.stderr
    assert (codes(unwanted), NOT_RUN in unwanted.stderr) == ([], False)
    assert run.code == 0


def test_a_ledger_named_must_be_there(cli, folder):
    run = cli("quota", "check", "limits.yaml", "--db", "none.duckdb")

    assert run.code == 3
    assert "none.duckdb" in run.stderr


def test_a_usual_ledger_that_cannot_be_read_is_a_note(cli, folder):
    (folder / "llmcost.duckdb").write_text("not a ledger")
    run = cli("quota", "check", "limits.yaml", "--select", "QU605")

    assert run.code == 0
    assert "past requests are left out" in run.stderr


def test_a_period_without_requests_is_a_note(cli, folder):
    put(folder / "llmcost.duckdb")
    run = cli("quota", "check", "limits.yaml", "--select", "QU605", "--since", "2026-11-10")

    assert run.code == 0
    assert "no requests in this period" in run.stderr


def test_a_roster_turns_maybe_into_an_answer(cli, folder):
    (folder / "teams.csv").write_text("user,team\nbob,red\n")
    arguments = ("quota", "check", "limits.yaml", "--select", "QR401,QR408", "--format", "json")

    assert codes(cli(*arguments)) == ["QR408"]
    assert codes(cli(*arguments, "--roster", "teams.csv")) == ["QR401"]


def test_explain_request_takes_the_teams_of_a_roster(cli, folder):
    (folder / "teams.yaml").write_text("bob: red\n")
    run = cli("quota", "explain-request", "limits.yaml", "--user", "bob", "--roster", "teams.yaml", "--format", "json")

    assert [one["part"] for one in json.loads(run.stdout)["configs"][0]["limits"]] == ["decides", "counts", "counts"]


def test_only_findings_an_older_config_does_not_have_are_shown(cli, folder):
    (folder / "old.yaml").write_text(
        "# moved down by a line\n" + LIMITS.replace("limit_to: 40", "limit_to: 50"), "utf-8"
    )
    (folder / "limits.yaml").write_text(LIMITS.replace("id: bob", "id: bob, limit: 1"), "utf-8")
    arguments = ("quota", "check", "limits.yaml", "--format", "json")

    assert codes(cli(*arguments)) == ["QD601", "QS203", "QR405", "QL301", "QR409"]
    run = cli(*arguments, "--diff-base", "old.yaml")
    assert codes(run) == ["QS203"]


def test_a_limit_above_the_providers_is_told(cli, folder):
    (folder / "provider.yaml").write_text("limits:\n  - {id: tier, limit: 30, unit: requests, window: 1h}\n")
    run = cli(
        "quota", "check", "limits.yaml", "--provider-limits", "provider.yaml", "--select", "QL306", "--format", "json"
    )

    assert codes(run) == ["QL306", "QL306"]


def test_more_exposure_than_was_asked_for_fails(cli, folder):
    # 40 requests an hour at a cent are $288 in 30 days.
    put(folder / "llmcost.duckdb")
    arguments = ("quota", "check", "limits.yaml", "--select", "QX701")

    assert cli(*arguments, "--max-exposure", "288").code == 0
    run = cli(*arguments, "--max-exposure", "$287")
    assert run.code == 1
    assert "`bob`, 40 requests per hour, lets $288.00 be spent in 30 days: more than --max-exposure $287" in run.stdout
