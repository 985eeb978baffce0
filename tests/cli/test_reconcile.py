"""`llmcost reconcile`: exit code, stdout and stderr together."""

import csv
import io
import json
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
INVOICE = EXAMPLES / "invoices" / "anthropic-cost-report.json"


@pytest.fixture(scope="module")
def db(tmp_path_factory):
    from tests.ingesting import read

    path = tmp_path_factory.mktemp("ledger") / "llmcost.duckdb"
    read(path, EXAMPLES / "logs" / "anthropic-messages.jsonl")
    return path


def edited(folder, change):
    """The example invoice after `change(results)`."""
    document = json.loads(INVOICE.read_text())
    change(document["data"][0]["results"])
    path = folder / "invoice.json"
    path.write_text(json.dumps(document))
    return path


def test_the_example_is_explained(cli, db):
    run = cli("reconcile", "--invoice", INVOICE, "--db", db)

    assert (run.code, run.stderr) == (0, "")
    lines = run.stdout.splitlines()
    assert lines[:4] == [
        "Billed        $0.9468  anthropic, 2026-11-07 UTC",
        "Logged        $0.5035  9 requests",
        "Difference   +$0.4433  46.8% of the bill",
        "Explained by",
    ]
    assert "5 of 5 rows that differ shown; 10 rows agree." in lines


def test_the_amounts_of_a_column_have_the_same_decimals(cli, db):
    run = cli("reconcile", "--invoice", INVOICE, "--db", db)

    lines = run.stdout.splitlines()
    top = [part for line in lines[: lines.index("")] for part in line.split() if "$" in part]
    assert top == ["$0.9468", "$0.5035", "+$0.4433", "+$0.4212", "+$0.0200", "+$0.0021", "$0.0000"]
    rows = [line.split() for line in lines if line.startswith("2026-11-07")]
    assert [row[3:6] for row in rows] == [
        ["$0.3000", "$0.0000", "+$0.3000"],
        ["$0.1212", "$0.0000", "+$0.1212"],
        ["$0.0500", "$0.0300", "+$0.0200"],
        ["$0.0036", "$0.0021", "+$0.0015"],
        ["$0.0020", "$0.0014", "+$0.0006"],
    ]


@pytest.mark.slow
def test_a_difference_that_is_explained_fails_only_on_demand(cli, db):
    # Billed $0.9468065, logged $0.5034815, all of it explained.
    assert cli("reconcile", "--invoice", INVOICE, "--db", db).code == 0
    assert cli("reconcile", "--invoice", INVOICE, "--db", db, "--fail-on", "difference").code == 1
    assert (
        cli("reconcile", "--invoice", INVOICE, "--db", db, "--fail-on", "difference", "--tolerance", "0.45").code == 0
    )


def test_the_document_is_stable(cli, db):
    run = cli("reconcile", "--invoice", INVOICE, "--db", db, "--format", "json")

    document = json.loads(run.stdout)
    assert list(document) == [
        "schema",
        "period",
        "currency",
        "providers",
        "invoices",
        "billed",
        "logged",
        "difference",
        "explained",
        "unexplained",
        "unexplained_ratio",
        "tolerance",
        "within_tolerance",
        "basis",
        "requests",
        "unpriced_requests",
        "causes",
        "rows",
        "row_count",
        "unused",
        "outside",
    ]
    assert document["schema"] == "llmcost/reconcile/1"
    assert document["period"] == {"since": "2026-11-07", "until": "2026-11-08", "tz": "UTC"}
    # Worked out by hand: 42.12 cents nobody logged, 2 searches, and 2,950 + 260 batch tokens at half of $1 and $5 a million.
    assert [(cause["cause"], cause["amount"]) for cause in document["causes"]] == [
        ("missing-traffic", "0.4212"),
        ("tool-fees", "0.02"),
        ("tier", "0.002125"),
    ]
    assert (document["billed"], document["logged"], document["unexplained"]) == ("0.9468065", "0.5034815", "0.00")
    assert list(document["rows"][0]) == [
        "since",
        "until",
        "provider",
        "model",
        "token_class",
        "billed",
        "logged",
        "difference",
        "unexplained",
        "invoice_lines",
        "requests",
        "causes",
    ]
    assert document["row_count"] == len(document["rows"]) == 15


def test_csv_has_a_column_for_each_cause(cli, db):
    run = cli("reconcile", "--invoice", INVOICE, "--db", db, "--format", "csv")

    rows = list(csv.DictReader(io.StringIO(run.stdout)))
    assert len(rows) == 15
    assert {row["model"]: row["tier"] for row in rows if row["tier"]} == {"claude-haiku-4-5": "0.00065"}
    assert [row["tool-fees"] for row in rows if not row["model"]] == ["0.02"]


def test_markdown_has_the_same_tables(cli, db):
    run = cli("reconcile", "--invoice", INVOICE, "--db", db, "--format", "markdown", "--limit", 1)

    assert "| Billed | $0.9468 | anthropic, 2026-11-07 UTC |" in run.stdout
    assert "| Tool fees: fees billed for more web searches than logged | +$0.0200 | 2026-11-07; 1 row |" in run.stdout
    assert "- 1 of 5 rows that differ shown; 10 rows agree." in run.stdout


def test_what_stays_unexplained_fails(cli, db, tmp_path):
    def change(results):
        results[1]["amount"] = "3.21"  # haiku's output: 1.39 cents are logged

    path = edited(tmp_path, change)
    strict = cli("reconcile", "--invoice", path, "--db", db)
    lax = cli("reconcile", "--invoice", path, "--db", db, "--tolerance", "10%")
    amount = cli("reconcile", "--invoice", path, "--db", db, "--tolerance", "0.05")

    assert (strict.code, lax.code, amount.code) == (1, 0, 0)
    assert "above the tolerance of 1%" in strict.stdout
    assert "Difference  Unexplained" in strict.stdout


def test_lines_that_cannot_be_used_are_listed(cli, db, tmp_path):
    def change(results):
        results[3]["amount"] = "a lot"
        results[4]["currency"] = "EUR"

    run = cli("reconcile", "--invoice", edited(tmp_path, change), "--db", db)

    assert f"warning: {tmp_path}/invoice.json: data[0].results[3]: 'a lot' is not an amount\n" in run.stderr
    assert "data[0].results[4]: charged in EUR, while the ledger is in USD" in run.stderr
    assert "2 lines of the bill could not be compared and are in no sum." in run.stdout


@pytest.mark.slow
def test_a_bill_that_could_not_be_read_whole_is_not_in_agreement(cli, db, tmp_path):
    def change(results):
        results.append({**results[0], "amount": "a lot"})

    path = edited(tmp_path, change)
    whole = cli("reconcile", "--invoice", INVOICE, "--db", db)
    run = cli("reconcile", "--invoice", path, "--db", db)
    document = json.loads(cli("reconcile", "--invoice", path, "--db", db, "--format", "json").stdout)

    assert (whole.code, run.code) == (0, 3)
    assert "0.0% of the bill, within the tolerance of 1%; 1 line of the bill not compared\n" in run.stdout
    assert run.stdout.endswith("1 line of the bill could not be compared and is in no sum.\n")
    assert document["within_tolerance"] is False
    assert [(one["kind"], one["billed"]) for one in document["unused"]] == [("unread", None)]


def test_a_bill_named_twice_is_counted_once_and_said(cli, db, tmp_path):
    copy = edited(tmp_path, lambda _: None)

    run = cli("reconcile", "--invoice", INVOICE, "--invoice", copy, "--db", db)

    assert run.code == 0
    assert "Billed        $0.9468" in run.stdout
    assert "16 lines of the bill, $0.9468, are in another of its files, too, and counted once." in run.stdout
    assert run.stderr.startswith(
        f"warning: files of the bill charge for the same, and of two readings the larger counts: {copy}\n  hint: "
    )


def test_charges_for_other_things_are_added_up_by_currency(cli, db, tmp_path):
    bill = tmp_path / "focus.csv"
    days = "2026-11-07T00:00:00Z,2026-11-08T00:00:00Z,Claude API,Anthropic"
    bill.write_text(
        "BilledCost,BillingCurrency,ChargeCategory,ChargePeriodStart,ChargePeriodEnd,ServiceName,ProviderName\n"
        f"0.5034815,USD,Usage,{days}\n2.50,USD,Tax,{days}\n1.00,EUR,Tax,{days}\n-3.00,USD,Credit,{days}\n"
    )

    run = cli("reconcile", "--invoice", bill, "--db", db)
    document = json.loads(cli("reconcile", "--invoice", bill, "--db", db, "--format", "json").stdout)

    assert run.code == 0
    assert "3 lines of the bill, €1.00 and -$0.50, charge for other things and are left out." in run.stdout
    assert [(one["billed"], one["currency"], one["kind"]) for one in document["unused"]] == [
        ("2.50", "USD", "foreign"),
        ("1.00", "EUR", "foreign"),
        ("-3.00", "USD", "foreign"),
    ]


def test_what_is_unexplained_weighs_more_than_what_is_unread(cli, db, tmp_path):
    def change(results):
        results[1]["amount"] = "3.21"  # haiku's output: 1.39 cents are logged
        results[3]["amount"] = "a lot"

    assert cli("reconcile", "--invoice", edited(tmp_path, change), "--db", db).code == 1


def test_rows_agree_and_the_bill_does_not_where_a_line_is_unread(cli, db, tmp_path):
    bill, mapping = tmp_path / "bill.csv", tmp_path / "map.yaml"
    bill.write_text('Day,Amount\n2026-11-07,0.5034815\n2026-11-07,"1.000,00"\n')
    mapping.write_text("columns: {date: Day, amount: Amount}\n")

    run = cli("reconcile", "--invoice", bill, "--map", mapping, "--db", db)

    assert (run.code, run.stderr) == (3, f"warning: {bill}:3: '1.000,00' is not an amount\n")
    assert "What of the bill could be compared agrees with the log in every one of 1 row." in run.stdout


def test_names_on_a_bill_do_not_command_the_terminal(cli, db, tmp_path):
    def change(results):
        results[2]["model"] = "\x1b[2Jclaude\u202e"

    run = cli("reconcile", "--invoice", edited(tmp_path, change), "--db", db)

    assert "\x1b" not in run.stdout
    assert "\\x1b[2Jclaude\\u202e" in run.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            ["--invoice", "nowhere.csv"],
            2,
            "error: no such file: nowhere.csv\n  hint: check the path given with --invoice",
        ),
        (["--invoice", INVOICE, "--tolerance", "much"], 2, "error: --tolerance cannot be 'much'"),
        (["--invoice", INVOICE, "--invoice-format", "focsu"], 2, "error: unknown invoice format 'focsu'"),
        (["--invoice", INVOICE, "--invoice-rounding", "up"], 2, "error: --invoice-rounding cannot be 'up'"),
        (["--invoice", INVOICE, "--map", "nowhere.yaml"], 2, "error: nowhere.yaml: cannot be read"),
        (
            ["--invoice", INVOICE, "--period", "2025"],
            3,
            "has no day in the period asked for\n  hint: leave out --period",
        ),
        ([], 2, "error: say what to compare with, and only once"),
    ],
)
def test_what_cannot_be_is_refused(cli, db, arguments, code, message):
    run = cli("reconcile", *arguments, "--db", db)

    assert run.code == code
    assert message in run.stderr
    assert run.stdout == ""


@pytest.mark.slow
def test_a_bill_that_names_its_provider_is_nobody_elses(cli, db):
    named = cli("reconcile", "--invoice", INVOICE, "--db", db, "--provider", "openai")

    assert named == cli("reconcile", "--invoice", INVOICE, "--db", db)


def test_another_providers_bill_matches_nothing(cli, db, tmp_path):
    bill, mapping = tmp_path / "bill.csv", tmp_path / "map.yaml"
    bill.write_text("Day,Amount\n2026-11-07,1.50\n")
    mapping.write_text("columns: {date: Day, amount: Amount}\n")

    run = cli("reconcile", "--invoice", bill, "--map", mapping, "--db", db, "--provider", "openai")

    assert run.code == 0
    assert "Missing traffic: billed, and no request logged in that time" in run.stdout
    assert (
        run.stderr == "warning: the ledger has no request of openai in these days\n"
        "  hint: `llmcost report --by provider` lists whom it knows\n"
    )
