"""Commands on usage exports: what is exported, and which of requests and exports a budget counts."""

import csv
import io
import json
import shutil

import pytest
from tests.ingesting import native, read
from tests.marks import few
from tests.once import made_once

DAY = 1_793_491_200
"""2026-11-01, UTC."""


def _page(*results):
    bucket = {"object": "bucket", "start_time": DAY, "end_time": DAY + 86_400, "results": list(results)}
    return {"object": "page", "data": [bucket], "has_more": False, "next_page": None}


def make_ledger(folder):
    """A call of 0.0004, exported usage of 0.004 and a bill of 0.0041: GPT-5.4 at 2.50 and 15 a million."""
    usage = {"input_tokens": 1000, "output_tokens": 100, "num_model_requests": 10, "model": "gpt-5.4"}
    usage |= {"object": "organization.usage.completions.result", "api_key_id": "=key"}
    cost = {"object": "organization.costs.result", "amount": {"value": 0.0041, "currency": "usd"}}
    files = {
        "usage.json": _page(usage),
        "costs.json": _page(cost),
        "log.json": native(provider="openai", request_id="req-00000001-x", input_tokens=100),
    }
    for name, document in files.items():
        (folder / name).write_text(json.dumps(document), encoding="utf-8")
    read(folder / "llmcost.duckdb", *(folder / name for name in files))


@pytest.fixture
def ledger(tmp_path, tmp_path_factory):
    shutil.copytree(made_once(tmp_path_factory, "basis", make_ledger), tmp_path, dirs_exist_ok=True)
    return tmp_path / "llmcost.duckdb"


def test_buckets_are_exported_with_what_reports_take_of_them(cli, ledger):
    run = cli("export", "buckets", "--db", ledger)

    assert (run.code, run.stderr) == (0, "")
    found = {record["source"]: record for record in map(json.loads, run.stdout.splitlines())}
    assert found["openai-usage"] == {
        "source": "openai-usage", "bucket_start": "2026-11-01T00:00:00.000000Z",
        "bucket_end": "2026-11-02T00:00:00.000000Z", "exporter": "provider", "scope": "completions",
        "breakdown": "provider,request_model,api_key_id", "model": "gpt-5.4", "provider": "openai",
        "request_model": "gpt-5.4", "operation": "chat", "charge_basis": "metered", "api_key_id": "=key", "requests": 10,
        "uncached_input_tokens": 1000, "cache_read_tokens": 0, "cache_write_5m_tokens": 0, "output_text_tokens": 100,
        "input_cost": "0.0025", "cache_read_cost": "0.00", "cache_write_cost": "0.00", "output_cost": "0.0015",
        "reasoning_cost": "0.00", "audio_cost": "0.00", "image_cost": "0.00", "unit_cost": "0.00", "cost": "0.004",
        "cost_status": "estimated", "cost_reason": "sum of many calls", "price_id": "openai/gpt-5.4",
        "match_kind": "exact", "counted": "usage",
    }  # fmt: skip
    assert (found["openai-costs"]["cost"], found["openai-costs"]["counted"]) == ("0.0041", "cost")


@pytest.mark.slow
def test_a_report_says_which_charges_for_longer_than_a_day_count_on_their_first_day_or_not_at_all(cli, tmp_path):
    head = "BilledCost,BillingCurrency,ChargeCategory,ChargePeriodStart,ChargePeriodEnd,ServiceName,ProviderName,ChargeDescription"
    charges = [
        ("500", "2026-11-01", "2026-12-01"),
        ("70", "2026-11-03", "2026-11-10"),
        ("1.25", "2026-11-03", "2026-11-04"),
        ("2", "2026-11-08", "2026-11-09"),
    ]
    lines = [f"{cost},USD,Usage,{a}T00:00:00Z,{b}T00:00:00Z,OpenAI API,OpenAI,tokens {a}" for cost, a, b in charges]
    (tmp_path / "focus.csv").write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    read(tmp_path / "ledger", tmp_path / "focus.csv")

    def report(*options):
        text = cli("report", "--db", tmp_path / "ledger", "--by", "day", *options).stdout
        coverage = json.loads(cli("report", "--db", tmp_path / "ledger", "--format", "json", *options).stdout)[
            "coverage"
        ]
        long = [line for line in text.splitlines() if "more than a day" in line or "reach" in line]
        return long, {name: value for name, value in coverage.items() if name.startswith(("long_", "earlier_"))}

    # From the 3rd on: a week of 70 begins there, the month of 500 began before. From the 5th on: both began before.
    whole, third, fifth = report(), report("--since", "2026-11-03"), report("--since", "2026-11-05")
    short = report("--since", "2026-11-01", "--until", "2026-11-02")
    assert whole == (
        ["2 usage buckets are for more than a day and count whole on the first: $570.00."],
        {"long_buckets": 2, "long_buckets_cost": "570.00"},
    )
    assert third == (
        [
            "1 usage bucket is for more than a day and counts whole on the first: $70.00.",
            "1 usage bucket begins before and reaches into this time, in no number here: $500.00.",
        ],
        {"long_buckets": 1, "long_buckets_cost": "70.00", "earlier_buckets": 1, "earlier_buckets_cost": "500.00"},
    )
    assert fifth == (
        ["2 usage buckets begin before and reach into this time, in no number here: $570.00."],
        {"earlier_buckets": 2, "earlier_buckets_cost": "570.00"},
    )
    assert short == (
        ["1 usage bucket is for more than a day and counts whole on the first: $500.00."],
        {"long_buckets": 1, "long_buckets_cost": "500.00"},
    )


def test_buckets_are_exported_as_csv(cli, ledger, tmp_path):
    done = cli("export", "buckets", "--db", ledger, "--output", tmp_path / "out.csv")
    none = cli("export", "buckets", "--db", ledger, "--period", "2025")

    rows = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text("utf-8"))))
    assert (done.code, sorted(row["counted"] for row in rows)) == (0, ["cost", "usage"])
    assert (none.code, none.stdout, none.stderr) == (0, "", "note: no usage buckets in this period\n")


@pytest.mark.parametrize(("basis", "spent"), [(None, "0.0004"), ("requests", "0.0004"), ("exports", "0.0041")])
def test_a_budget_counts_requests_unless_told(cli, ledger, tmp_path, basis, spent):
    budgets = "budgets: [{name: all, period: month, amount: '500', unit: usd}]\n"
    (tmp_path / "llmcost.yaml").write_text(budgets, encoding="utf-8")
    chosen = [] if basis is None else ["--basis", basis]

    run = cli("budget", "check", "--format", "json", "--as-of", "2026-11-02", *chosen)
    document = json.loads(run.stdout)
    assert (document["basis"], document["budgets"][0]["spent"]) == (basis or "requests", spent)


@pytest.mark.parametrize("zone", few(["America/New_York", "Asia/Tokyo"]))
def test_a_day_of_an_export_is_that_day_in_any_zone(cli, ledger, tmp_path, zone):
    budget = f"tz: {zone}\nbudgets: [{{name: each, per: provider, amount: '0.004'}}]\n"
    (tmp_path / "llmcost.yaml").write_text(budget, encoding="utf-8")
    first = ["--tz", zone, "--period", "2026-11-01", "--db", ledger]

    kept = cli("export", "buckets", *first)
    before = cli("export", "buckets", "--tz", zone, "--period", "2026-10-31", "--db", ledger)
    asked = ["--basis", "exports", "--config", tmp_path / "llmcost.yaml", "--db", ledger]
    checked = cli("budget", "check", "--format", "json", "--as-of", "2026-11-02", *asked)
    (judged,) = json.loads(checked.stdout)["budgets"]

    assert (len(kept.stdout.splitlines()), before.stdout) == (2, "")
    assert (judged["spent"], judged["status"]) == ("0.0041", "breached")
    midnight = {"America/New_York": "2026-11-01T04:00:00Z", "Asia/Tokyo": "2026-10-31T15:00:00Z"}
    assert judged["reached_at"] == midnight[zone]


@pytest.mark.slow
def test_a_day_that_only_exports_know_is_reported_from_them_west_of_utc(cli, tmp_path):
    cost = {"object": "organization.costs.result", "amount": {"value": 3, "currency": "usd"}, "project_id": "p"}
    (tmp_path / "costs.json").write_text(json.dumps(_page(cost)), encoding="utf-8")
    read(tmp_path / "alone.duckdb", tmp_path / "costs.json")
    west = ["--tz", "America/New_York", "--db", tmp_path / "alone.duckdb", "--format", "json"]

    report = json.loads(cli("report", "--by", "day", "--period", "2026-11-01", *west).stdout)
    shared = json.loads(cli("chargeback", "--by", "project", "--period", "2026-11-01", *west).stdout)

    assert (report["basis"], report["rows"][0]["day"], report["totals"]["cost"]) == ("exports", "2026-11-01", "3.00")
    assert [(one["owner"], one["amount"]) for one in shared["owners"]] == [("p", "3.00")]
