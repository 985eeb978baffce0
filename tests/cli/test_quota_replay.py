"""`llmcost quota simulate`, `suggest`, `explain-request` and `migrate` as commands."""

import json
import shutil
from datetime import timedelta

import pytest
from tests.once import made_once
from tests.quota.ledgers import at, every, fill

from llmcost.ledger.database import writing

LIMITS = """\
name: limits
type: gateway-rate-limiting-config
rules:
  - id: user-daily
    when: {subjects: ["user:bob"]}
    limit_to: 1000
    unit: requests_per_day
  - id: per-user
    when: {}
    limit_to: 2000
    unit: requests_per_day
    rate_limit_applies_per: [user]
"""


def make_folder(folder):
    with writing(folder / "llmcost.duckdb") as ledger:
        minute = timedelta(minutes=1)
        fill(
            ledger,
            [
                *every(at("2026-11-02"), minute, 1200, user="bob", cost="0.01"),
                *every(at("2026-11-02"), minute, 50, user="ann"),
            ],
        )
    (folder / "limits.yaml").write_text(LIMITS, "utf-8")


@pytest.fixture
def folder(tmp_path, tmp_path_factory):
    shutil.copytree(made_once(tmp_path_factory, "quota-replay", make_folder), tmp_path, dirs_exist_ok=True)
    return tmp_path


def test_simulate_tells_who_is_refused(cli, folder):
    run = cli("quota", "simulate", "limits.yaml", "--algorithm", "fixed")

    assert run.code == 0, run.stderr
    assert "1,250 requests, 1,250 of them under a limit; 200 (16.0%) would have been" in run.stdout
    assert "user-daily: 1,000 requests/day, fixed window" in run.stdout
    assert "first     2026-11-02 16:40 UTC; worst hour 2026-11-02 17:00 (60)" in run.stdout
    assert "user:bob      200" in run.stdout
    assert run.stderr == ""


def test_a_period_starts_with_the_counters_the_log_before_it_filled(cli, folder):
    # Bob's 1,200 come one a minute from midnight on. Of the 180 from 17:00 to 20:00 none fits into 1,000 a day: 1,020 came before.
    run = cli("quota", "simulate", "limits.yaml", "--algorithm", "fixed", "--since", "2026-11-02T17:00:00")

    assert run.code == 0, run.stderr
    assert "180 requests, 180 of them under a limit; 180 (100.0%) would have been" in run.stdout
    assert "asked for p50 120%  p95 120%  p99 120%  max 120% of the limit" in run.stdout
    assert "Counters start as the requests before the period left them" in run.stdout


def test_a_failed_assertion_is_exit_1(cli, folder):
    run = cli("quota", "simulate", "limits.yaml", "--assert", "blocked_pct<1", "--assert", "per-user.blocked=0")

    assert run.code == 1
    assert "FAILED blocked_pct<1  (16)" in run.stdout
    assert "ok     per-user.blocked=0  (0)" in run.stdout


@pytest.mark.parametrize("form", ["table", "json", "markdown"])
def test_an_assertion_about_no_request_or_no_limit_is_not_evaluated(cli, folder, form):
    (folder / "jobs.yaml").write_text("limits: [{id: jobs, limit: 5, unit: concurrency}]\n", "utf-8")
    empty = ["limits.yaml", "--since", "2027-01-01", "--assert", "blocked_pct<1", "--assert", "user-daily.blocked=0"]

    for arguments, count, reason in (
        (empty, 2, "no requests in this period"),
        (["jobs.yaml", "--assert", "blocked=0"], 1, "no limit was replayed"),
    ):
        run = cli("quota", "simulate", *arguments, "--quick", "--format", form)

        assert run.code == 3
        assert run.stdout.count(reason) == count
        assert "ok  " not in run.stdout
        assert "[x]" not in run.stdout
    found = cli("quota", "simulate", "limits.yaml", "jobs.yaml", "--quick", "--assert", "user-daily.blocked<0")
    assert found.code == 1


def test_requests_at_once_are_limited_by_when_calls_began_and_ended(cli, tmp_path):
    # One a minute, each of 150 seconds: with two places the third is refused, and the fourth finds the first one's.
    with writing(tmp_path / "llmcost.duckdb") as ledger:
        fill(ledger, every(at("2026-11-02"), timedelta(minutes=1), 6, user="bob", cost="0.01", seconds=150))
    (tmp_path / "own.yaml").write_text("limits:\n  - {id: two, limit: 2, unit: concurrency, per: [user_id]}\n", "utf-8")

    run = cli("quota", "simulate", "own.yaml", "--assert", "two.blocked=2", "--assert", "two.p99_pct=150")
    rule = json.loads(cli("quota", "simulate", "own.yaml", "--format", "json").stdout)["rules"][0]

    assert run.code == 0, run.stdout
    assert "two: 2 requests at once per user_id, requests under way" in run.stdout
    assert "closed    2 times; the longest 30 s, from 2026-11-02 00:02 (user_id:bob, 1 refused)" in run.stdout
    assert (rule["unit"], rule["limit"], rule["window"], rule["blocked"]) == ("concurrency", 2, "instant", 2)
    assert rule["max"] == {"demand": 3, "utilisation": 1.5, "subject": "user_id:bob"}


def test_the_json_has_its_shape(cli, folder):
    (folder / "old.yaml").write_text(LIMITS.replace("1000", "1100"), "utf-8")

    run = cli(
        "quota", "simulate", "limits.yaml", "--compare", "old.yaml", "--algorithm", "fixed", "--assert", "blocked<=200",
        "--format", "json",
    )  # fmt: skip
    document = json.loads(run.stdout)
    rule = document["rules"][0]

    assert run.code == 0, run.stderr
    assert document["schema"] == "llmcost/simulation/1"
    assert document["totals"] == {
        "requests": 1250,
        "limited_requests": 1250,
        "cost": "12.00",
        "blocked": 200,
        "blocked_pct": 16.0,
        "blocked_callers": 1,
        "avoided": {"low": "0.00", "high": "2.00"},
        "exposure": {"usual": "1452.00", "worst": "1500.00"},
    }
    assert (rule["rule_id"], rule["limit"], rule["blocked"], rule["first"]) == (
        "user-daily",
        1000,
        200,
        "2026-11-02T16:40:00Z",
    )
    assert rule["max"] == {"demand": 1200, "utilisation": 1.2, "subject": "everyone"}
    assert rule["busiest_subjects"] == [
        {
            "subject": "everyone",
            "windows": 1,
            **{name: {"demand": 1200, "utilisation": 1.2} for name in ("p50", "p95", "p99", "max")},
        }
    ]
    assert rule["hours"][:2] == [
        {"hour": "2026-11-02T16:00:00Z", "blocked": 20},
        {"hour": "2026-11-02T17:00:00Z", "blocked": 60},
    ]
    assert document["breaches"] == [
        {
            "rule_id": "user-daily",
            "subject": "everyone",
            "caller": "user:bob",
            "start": "2026-11-02T16:40:00Z",
            "seconds": 26400.0,
            "blocked": 200,
        }
    ]
    assert document["compared"]["callers"] == [
        {"caller": "user:bob", "blocked": 200, "avoided": "2.00", "blocked_before": 100}
    ]
    assert document["assertions"] == [{"assert": "blocked<=200", "value": 200.0, "holds": True}]


def test_what_if_changes_an_amount_and_markdown_is_a_table(cli, folder):
    run = cli("quota", "simulate", "limits.yaml", "--what-if", "user-daily.limit_to=1,150", "--format", "markdown")

    assert run.code == 0, run.stderr
    assert "**50 of 1,250 requests (4.0%) would have been refused**" in run.stdout
    assert "| user-daily | 1,150 requests/day |" in run.stdout


def test_markdown_shows_no_control_characters_of_a_name(cli, tmp_path):
    with writing(tmp_path / "llmcost.duckdb") as ledger:
        fill(ledger, every(at("2026-11-02"), timedelta(seconds=1), 3, user="\x1b[31mred\nnl\u202e"))
    limits = 'limits:\n  - {id: "b\\e", limit: 1, unit: requests, window: day, per: [user_id]}\n'
    (tmp_path / "own.yaml").write_text(limits + '  - {id: "c\\nd", limit: 1, unit: concurrency}\n', "utf-8")
    (tmp_path / "old.yaml").write_text(limits.replace("limit: 1", "limit: 9"), "utf-8")

    for compare in ([], ["--compare", "old.yaml"]):
        run = cli("quota", "simulate", "own.yaml", "--format", "markdown", "--assert", "b\x1b.blocked<=2", *compare)

        assert run.code == 0, run.stderr
        assert not set("\x1b\u202e") & set(run.stdout)
        assert "| user:\\\\x1b\\[31mred\\\\nnl\\\\u202e | " in run.stdout
        assert "| b\\\\x1b | " in run.stdout
        assert "- [x] b\\\\x1b.blocked&lt;=2" in run.stdout
        assert "- c\\\\nd was not replayed" in run.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["simulate", "limits.yaml", "--what-if", "nobody=3"], 2, "--what-if names no rule"),
        (["simulate", "limits.yaml", "--what-if", "user-daily=many"], 2, "cannot read --what-if"),
        (["simulate", "limits.yaml", "--what-if", "user-daily=0,5"], 2, "cannot read --what-if"),
        (["simulate", "limits.yaml", "--assert", "blocked"], 2, "cannot read --assert"),
        (["simulate", "limits.yaml", "--assert", "blocked<5%"], 2, "blocked is no percentage"),
        (["simulate", "limits.yaml", "--algorithm", "guess"], 2, "--algorithm cannot be"),
        (["simulate", "missing.yaml"], 2, "missing.yaml"),
        (["simulate", "limits.yaml", "--db", "none.duckdb"], 3, "none.duckdb"),
        (["suggest", "--unit", "cost", "--window", "minute"], 2, "no budgets per minute"),
        (["suggest", "--per", "team"], 2, "no request of this period has a team"),
        (["suggest", "--block-rate", "much"], 2, "cannot read --block-rate"),
        (["suggest", "--cap-month", "50,5"], 2, "cannot read --cap-month"),
        (["explain-request", "limits.yaml", "--metadata", "plan"], 2, "cannot read --metadata"),
    ],
)
def test_mistakes_are_told(cli, folder, arguments, code, message):
    run = cli("quota", *arguments)

    assert (run.code, run.stdout) == (code, "")
    assert message in run.stderr


def test_suggest_writes_a_config_that_simulate_reads(cli, folder):
    written = cli("quota", "suggest", "--window", "hour", "--block-rate", "0", "--output", "new.yaml")
    run = cli("quota", "simulate", "new.yaml", "--assert", "blocked=0")

    assert (written.code, run.code) == (0, 0), written.stderr + run.stderr
    assert "unit: requests_per_hour" in (folder / "new.yaml").read_text("utf-8")


def test_explain_request_names_the_rule_that_decides(cli, folder):
    run = cli("quota", "explain-request", "limits.yaml", "--user", "bob", "--format", "json")

    limits = json.loads(run.stdout)["configs"][0]["limits"]
    assert [(one["rule_id"], one["part"], one["counter"]) for one in limits] == [
        ("user-daily", "decides", "everyone"),
        ("per-user", "counts", "user:bob"),
    ]


def test_exposure_is_told_and_can_fail_a_job(cli, folder):
    run = cli("quota", "simulate", "limits.yaml", "--format", "json", "--assert", "exposure<100")

    # 1,000 a day x 30 x $0.01; per user 2,000 x 30 x 2 users x $12 / 1,250 requests.
    assert [one["exposure"]["usual"] for one in json.loads(run.stdout)["rules"]] == ["300.00", "1152.00"]
    assert run.code == 1


def test_migrate_writes_manifests_that_pass_the_checks_and_refuse_the_same(cli, folder):
    run = cli("quota", "migrate", "limits.yaml", "--out-dir", "v2")
    checked = cli("quota", "check", "v2")

    assert run.code == 0, run.stderr
    assert "V1 and V2 both refuse 200 of them, the same from every caller" in run.stderr
    assert sorted(path.name for path in (folder / "v2").iterdir()) == ["per-user.yaml", "user-daily.yaml"]
    assert checked.code == 0, checked.stdout


def v1(folder, name, kind, unit):
    rule = f"{{id: default, when: {{}}, limit_to: 50, unit: {unit}, {kind.replace('-', '_')}_applies_per: [user]}}"
    type_ = {"rate-limit": "gateway-rate-limiting-config", "budget": "gateway-budget-config"}[kind]
    (folder / name).write_text(f"name: {name}\ntype: {type_}\nrules:\n  - {rule}\n")


@pytest.mark.parametrize("out", [[], ["--out-dir", "v2"]])
def test_rules_of_one_name_in_two_configs_are_two_manifests(cli, folder, out):
    v1(folder, "a.yaml", "rate-limit", "requests_per_minute")
    v1(folder, "b.yaml", "budget", "cost_per_day")
    v1(folder, "c.yaml", "rate-limit", "requests_per_day")
    run = cli("quota", "migrate", "a.yaml", "b.yaml", "c.yaml", "--no-replay", *out)
    written = [path.read_text() for path in (folder / "v2").iterdir()] if out else run.stdout.split("---\n")

    named = {tuple(line for line in text.splitlines() if line.startswith(("name:", "type:"))) for text in written}
    assert named == {
        ('name: "default"', "type: tenant-rate-limit-config/model"),
        ('name: "default"', "type: tenant-budget-config"),
        ('name: "default-2"', "type: tenant-rate-limit-config/model"),
    }
