"""`llmcost chargeback` and `showback` as a user types them, on the example of the how-to."""

import json
import shutil
from decimal import Decimal
from pathlib import Path

import pytest
from tests.once import made_once

EXAMPLE = Path(__file__).parents[2] / "examples" / "allocation"
_ENV = {"LLMCOST_NOW": "2026-11-21T12:00:00Z"}


@pytest.fixture
def office(cli, tmp_path, tmp_path_factory):
    """The example's folder with its log read."""

    def read_example(folder):
        for path in EXAMPLE.iterdir():
            shutil.copy(path, folder)
        assert cli("ingest", "usage.csv", "--source", "llmcost", "--quiet", cwd=folder, env=_ENV).code == 0

    def run(*arguments):
        return cli(*arguments, env=_ENV)

    shutil.copytree(made_once(tmp_path_factory, "allocation", read_example), tmp_path, dirs_exist_ok=True)
    return run


def test_the_example_comes_to_what_was_worked_out_by_hand(office):
    found = json.loads(office("chargeback", "--month", "2026-10", "--format", "json").stdout)
    # 10 dollars a million tokens: 3.301678 + 0.7 + 0.033333 and the platform's 0.25 of priced requests; 744 hours at 0.10.
    tokens = 1_200_000 + 345_678 + 2_000_000 + 500_500 + 100_000 + 700_000 + 33_333 + 250_000
    assert Decimal(found["totals"]["requests_cost"]) == Decimal(tokens) / 100_000
    assert found["totals"]["charges_cost"] == "74.40"
    assert found["totals"]["amount"] == "125.70"
    assert sum(Decimal(one["amount"]) for one in found["owners"]) == Decimal("125.70")
    assert next(one for one in found["owners"] if one["owner"] == "platform")["amount"] == "0.00"
    assert found["totals"]["unpriced_requests"] == 1


def test_a_month_is_closed_shown_listed_and_opened_again(office):
    refused = office("chargeback", "close", "--month", "2026-10", "--invoice-total", "150")
    assert (refused.code, refused.stdout) == (1, "")
    assert "the invoices come to $150.00, +$24.30 (16.2%)" in refused.stderr
    closed = office("chargeback", "close", "--month", "2026-10", "--invoice-total", "126.40", "--note", "checked")
    assert closed.code == 0
    assert "2026-10 is closed by team; the prices of everything before its end are locked" in closed.stderr
    # The last month is the default.
    assert (
        office("chargeback", "--format", "csv").stdout
        == office("chargeback", "--month", "2026-10", "--format", "csv").stdout
    )
    late = office("ingest", "late.csv", "--source", "llmcost")
    assert late.code == 0
    shown = json.loads(office("chargeback", "--format", "json").stdout)
    assert shown["totals"]["amount"] == "126.40"
    assert shown["closed"]["note"] == "checked"
    back = json.loads(office("showback", "--format", "json").stdout)
    assert back["totals"]["requests_cost"] == "55.29511"
    listed = json.loads(office("chargeback", "list", "--format", "json").stdout)
    assert [(one["label"], one["amount"]) for one in listed["closings"]] == [("2026-10", "126.40")]
    assert office("chargeback", "reopen", "--month", "2026-10").code == 0
    assert "reopened 2026-11-21" in office("chargeback", "list").stdout


def test_statements_go_to_files_in_every_format(office, tmp_path):
    for name in ("html", "markdown", "csv", "json"):
        path = tmp_path / f"search.{name}"
        done = office("chargeback", "statement", "--for", "search", "--format", name, "--output", path)
        assert (done.code, done.stdout) == (0, "")
        assert "55.80" in path.read_text("utf-8")
    usage = office("chargeback", "usage", "--for", "globex", "--columns", "requests", "--lines", "model")
    assert usage.stdout.splitlines()[0] == "Usage statement 2026-10"
    assert "$48.09" in usage.stdout


def test_what_cannot_be_is_refused_in_words(office):
    for arguments, message in (
        (("chargeback", "--month", "2026-13"), "there is no period '2026-13'"),
        (("chargeback", "--since", "2026-10-01T12:00", "--until", "2026-10-02"), "costs are allocated by whole days"),
        (("chargeback", "--since", "2026-10-01"), "for a period with both ends"),
        (("chargeback", "close", "--month", "2026-11"), "2026-11 is not over"),
        (("chargeback", "close", "--invoice-total", "much"), "cannot read --invoice-total 'much'"),
        (("chargeback", "close", "--invoice-total", "126,40"), "cannot read --invoice-total '126,40'"),
        (("chargeback", "close", "--tolerance", "some"), "cannot read --tolerance 'some'"),
        (("chargeback", "reopen"), "which period is to be opened?"),
        (("chargeback", "statement", "--for", "serach"), "'serach' bears nothing of 2026-10, by team"),
        (
            ("chargeback", "--month", "2026-10", "--period", "2026-11"),
            "--month and --period, --since or --until both name",
        ),
        (("chargeback", "--format", "pdf"), "--format cannot be 'pdf'"),
        (("chargeback", "--month", "2026-Q4"), "--month '2026-Q4' is no month"),
        (("chargeback", "--by", "team", "list"), "options of `chargeback list` stand behind it"),
    ):
        done = office(*arguments)
        assert (done.code, done.stdout) == (2, ""), arguments
        assert message in done.stderr


def test_a_missing_ledger_is_said_before_one_is_made(cli, tmp_path):
    done = cli("chargeback", "close", "--month", "2026-09", "--db", "no.duckdb", env=_ENV)
    assert done.code == 3
    assert not (tmp_path / "no.duckdb").exists()


@pytest.mark.parametrize(
    "command",
    [
        ("chargeback", "--month", "2026-10"),
        ("chargeback", "usage", "--for", "globex", "--month", "2026-10"),
        ("chargeback", "close", "--month", "2026-10"),
        ("dashboard", "exec"),
        ("tags", "coverage"),
        ("savings",),
    ],
    ids=" ".join,
)
def test_a_file_is_what_its_name_says(office, tmp_path, command):
    refused = office(*command, "--output", "page.pdf")
    assert (refused.code, (tmp_path / "page.pdf").exists()) == (2, False)
    assert "error: --output page.pdf: no format ends in .pdf" in refused.stderr
    # Nothing was closed either.
    assert office(*command, "--output", "page.json").code == 0
    assert isinstance(json.loads((tmp_path / "page.json").read_text("utf-8")), dict)


def test_what_the_ledger_holds_is_the_same_before_and_after_the_close(office):
    """51.29511 of requests and 74.40 of charges; an invoice of 126.40 adds 0.70489."""
    ledger = "Ledger    requests $51.30; charges beside them $74.40\n"
    assert ledger in office("chargeback", "--month", "2026-10").stdout
    closed = office("chargeback", "close", "--month", "2026-10", "--invoice-total", "126.40").stdout
    assert ledger in closed
    assert "Invoice   $126.40, +$0.70 to requests and charges\n" in closed
    statement = office("chargeback", "statement", "--for", "search", "--month", "2026-10").stdout
    assert "invoice 126.4 less requests and charges 125.69511" in statement
