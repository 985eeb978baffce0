"""`llmcost tiers`: exit code, stdout and stderr together."""

import csv
import io
import json

import pytest
from tests.quota.ledgers import at, call, fill

from llmcost.ledger.database import writing

PLANS = """
current: flat
plans:
  - {id: flat, price: "20", charges: []}
  - {id: standard, price: "20", charges: [], limits: {total: 200000}}
  - {id: professional, price: "80", included: {total: 1000000}, charges: [{meter: total, model: per_unit, unit_price: "0.09", per: 1000}]}
"""


@pytest.fixture
def plans(tmp_path):
    path = tmp_path / "tiers.yaml"
    path.write_text(PLANS)
    return path


@pytest.fixture
def db(tmp_path):
    path = tmp_path / "llmcost.duckdb"
    calls = [
        call(at(f"2026-{month:02}-10"), tokens=tokens * month, cost=str(tokens // 20_000), customer_id=name)
        for month in (1, 2, 3, 4)
        for name, tokens in (("acme", 150_000), ("=1+1", 20_000), ("globex", 400_000))
    ]
    with writing(path) as ledger:
        fill(ledger, calls)
    return path


def test_an_invoice_in_json(cli, plans):
    run = cli("tiers", "rate", plans, "--plan", "professional", "--usage", "total=1_500_000", "--format", "json")

    assert run.code == 0
    assert run.stderr == ""
    assert json.loads(run.stdout) == {
        "schema": "llmcost/invoice/1",
        "plan": "professional",
        "lines": [
            {"charge": "price", "tier": None, "quantity": "1", "unit_price": "80.00", "amount": "80.00"},
            {"charge": "total", "tier": None, "quantity": "500000", "unit_price": "0.00009", "amount": "45.00"},
        ],
        "total": "125.00",
    }


def test_an_invoice_as_csv_and_as_a_table_add_up(cli, plans):
    shown = {
        name: cli(
            "tiers",
            "rate",
            plans,
            "--plan",
            "professional",
            "--usage",
            "total=1000010",
            "--unrounded",
            "--format",
            name,
        ).stdout
        for name in ("csv", "table", "markdown")
    }

    assert [row["amount"] for row in csv.DictReader(io.StringIO(shown["csv"]))] == ["80.00", "0.0009"]
    assert shown["table"].splitlines()[-1].split() == ["Total", "80.0009"]
    assert "**80.0009**" in shown["markdown"]


def test_transactions_are_given_one_by_one(cli, tmp_path):
    path = tmp_path / "take.yaml"
    path.write_text(
        'plans: [{id: it, price: "0", charges: [{model: percentage, percent: "2.99", per_transaction_minimum: "1.75",'
        ' per_transaction_maximum: "12"}]}]'
    )

    shown = cli("tiers", "rate", path, "--usage", "revenue=10+80+1e+4", "--format", "csv").stdout

    # 301.69 without bounds; 1.75, 2.392 and 12 with them.
    assert [row["amount"] for row in csv.DictReader(io.StringIO(shown))] == ["301.69", "-285.55"]
    assert cli("tiers", "rate", path, "--usage", "revenue=10+").code == 2


@pytest.mark.parametrize("quantity", ["1,5", ",5", "10,00", "1,5000", "1,5.0"])
def test_a_comma_parts_thousands_and_nothing_else(cli, plans, quantity):
    def rated(written):
        return cli("tiers", "rate", plans, "--plan", "professional", "--usage", f"total={written}")

    assert rated("1,500,000") == rated("1500000")
    assert rated(quantity).code == 2
    assert f"cannot read --usage {quantity!r}" in rated(quantity).stderr


def test_what_is_wrong_with_the_command_line_is_said(cli, plans):
    assert cli("tiers", "rate", plans).code == 2
    assert "did you mean 'standard'?" in cli("tiers", "rate", plans, "--plan", "standart").stderr
    assert "cannot read --usage 'total'" in cli("tiers", "rate", plans, "--plan", "flat", "--usage", "total").stderr
    more = cli("tiers", "suggest", plans, "--for", "120%")
    assert (more.code, "write a percentage from 0% to 100%" in more.stderr) == (2, True)
    assert "whole period is charged" in cli("tiers", "rate", plans, "--plan", "flat", "--days", "1/2").stderr


def test_a_simulation_in_every_format(cli, plans, db):
    shown = {
        name: cli("tiers", "simulate", plans, "--db", db, "--format", name)
        for name in ("table", "json", "csv", "markdown", "html", "svg")
    }

    assert {run.code for run in shown.values()} == {0}
    document = json.loads(shown["json"].stdout)
    # globex: 400k, 800k, 1.2M and 1.6M are 80 + 80 + 98 + 134; acme 20, then three times 80; the third 20 each month.
    assert document["proposed"]["revenue"] == "732.00"
    assert document["today"]["revenue"] == "240.00"
    assert [one["customer_id"] for one in csv.DictReader(io.StringIO(shown["csv"].stdout))] == [
        "'=1+1",
        "acme",
        "globex",
    ]
    assert shown["svg"].stdout.startswith("<svg ")
    # 732 - 240 more for the same cost of 4 x (7 + 1 + 20): 128 / 240 is 53.3 %, 620 / 732 is 84.7 %.
    (change,) = (line.split() for line in shown["table"].stdout.splitlines() if line.startswith("change"))
    assert change == ["change", "+$492.00", "$0.00", "+$492.00", "+31.4", "points"]
    (globex,) = (line for line in shown["table"].stdout.splitlines() if line.startswith("globex"))
    assert "bill x4.9, 160% used" in globex
    assert "<script" not in shown["html"].stdout


def test_a_suggestion_is_a_file_of_plans(cli, plans, db, tmp_path):
    made = tmp_path / "made.yaml"

    run = cli(
        "tiers", "suggest", plans, "--db", db, "--rise", "900%", "--count", "2", "--format", "yaml", "--output", made
    )
    document = json.loads(cli("tiers", "suggest", plans, "--db", db, "--rise", "900%", "--format", "json").stdout)

    assert run.code == 0
    assert cli("tiers", "lint", made).code == 0
    assert document["test_months"] == ["2026-04"]
    ways = {one["name"]: one for one in document["contenders"]}
    chosen = ways[document["recommended"]]
    assert all(float(chosen["fit_margin"]) >= float(one["fit_margin"]) for one in ways.values() if one["allowed"])
    assert float(chosen["gain"]["p10"]) >= 0


def test_lint_fails_when_asked_to(cli, tmp_path):
    path = tmp_path / "tiers.yaml"
    path.write_text('plans: [{id: a, price: "1", included: {total: 5}, charges: []}]')

    assert cli("tiers", "lint", path).code == 0
    assert cli("tiers", "lint", path, "--fail-on", "warning").code == 1


def test_a_suggestion_in_credits_says_what_a_credit_is(cli, tmp_path, db):
    plans, made = tmp_path / "credits.yaml", tmp_path / "made.yaml"
    plans.write_text(
        'current: flat\nmeters: {credits: {input: "1", output: "4"}}\nplans:\n  - {id: flat, price: "20", charges: []}\n'
        '  - {id: pro, price: "80", included: {credits: 1000000},'
        ' charges: [{meter: credits, model: per_unit, unit_price: "0.0001"}]}\n'
    )

    cli("tiers", "suggest", plans, "--db", db, "--rise", "900%", "--format", "yaml", "--output", made)

    assert 'meters: {credits: {input: "1", output: "4"}}' in made.read_text()
    assert cli("tiers", "simulate", made, "--db", db).code == 0


def test_a_meter_of_money_keeps_every_digit(cli, tmp_path):
    path = tmp_path / "llmcost.duckdb"
    with writing(path) as ledger:
        fill(
            ledger,
            [
                call(at("2026-01-10"), tokens=1, cost=cost, customer_id=name)
                for name, cost in (("acme", "0.00000015"), ("globex", "0.000005"), ("initech", "12"))
            ],
        )
    plans = tmp_path / "tiers.yaml"
    plans.write_text('plans: [{id: a, price: "1", included: {cost: "0.0000123"}, charges: []}]')

    def shown(name):
        return cli("tiers", "simulate", plans, "--db", path, "--format", name).stdout

    assert {row["customer_id"]: row["usage"] for row in csv.DictReader(io.StringIO(shown("csv")))} == {
        "acme": "0.00000015",
        "globex": "0.000005",
        "initech": "12",
    }
    document = json.loads(shown("json"))
    assert {one["customer_id"]: one["usage"] for one in document["customers"]} == {
        "acme": 0.00000015,
        "globex": 0.000005,
        "initech": 12,
    }
    assert document["plans"][0]["included"] == 0.0000123
