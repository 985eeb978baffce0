"""`llmcost db reprice` and `llmcost prices lock`."""

import json
import shutil

import pytest
from tests.ingesting import native, read, write
from tests.once import made_once

HEAD = "schema: llmcost-pricing/1\ncurrency: USD\nas_of: 2026-11-21\nmodels:\n"


def prices(rate):
    return f"{HEAD}  - {{id: vllm/m1, prices: [{{rates: {{input: {rate}, output: 4}}}}]}}\n"


def read_calls(folder):
    (folder / "own.yaml").write_text(prices(1))
    (folder / "llmcost.yaml").write_text("pricing: [own.yaml]\n")
    log = write(
        folder / "log.jsonl",
        [
            native(request_id=f"call-{month}-0123456789", timestamp=f"2026-{month}-05T12:00:00Z", **CALL)
            for month in (10, 11)
        ],
    )
    read(folder / "llmcost.duckdb", log, pricing=[folder / "own.yaml"])


@pytest.fixture
def company(tmp_path, tmp_path_factory):
    """Two calls of a million tokens each, in October and November, at 1.00 a million; then the price becomes 2.00."""
    shutil.copytree(made_once(tmp_path_factory, "company", read_calls), tmp_path, dirs_exist_ok=True)
    (tmp_path / "own.yaml").write_text(prices(2))
    return tmp_path


CALL = {"provider": "vllm", "model": "m1", "input_tokens": 1_000_000, "output_tokens": 0}


def cost(cli):
    return json.loads(cli("report", "--format", "json").stdout)["totals"]["cost"]


def test_without_a_terminal_it_shows_the_difference_and_stops(cli, company):
    done = cli("db", "reprice")

    assert done.code == 2
    assert [line.split() for line in done.stdout.splitlines()[:4]] == [
        ["Month", "Model", "Requests", "Changed", "Old", "cost", "New", "cost", "Difference", "Change", "%"],
        ["2026-10", "m1", "1", "1", "$1.00", "$2.00", "+$1.00", "+100.0%"],
        ["2026-11", "m1", "1", "1", "$1.00", "$2.00", "+$1.00", "+100.0%"],
        ["Total", "2", "2", "$2.00", "$4.00", "+$2.00", "+100.0%"],
    ]
    assert done.stderr == (
        "error: nothing was changed: there is no terminal to ask on\n"
        "  hint: repeat with --yes to apply this, or with --dry-run to only look\n"
    )
    assert cost(cli) == "2.00"


def test_the_amounts_of_a_column_have_the_same_decimals(cli, company):
    (company / "own.yaml").write_text(prices("1.0312"))
    small = native(
        request_id="call-09-0123456789", timestamp="2026-09-05T12:00:00Z", **{**CALL, "input_tokens": 50_000}
    )
    write(company / "small.jsonl", [small])
    assert cli("ingest", "small.jsonl").code == 0
    (company / "own.yaml").write_text(prices(2))

    lines = cli("db", "reprice", "--dry-run").stdout.splitlines()

    # 0.05 million tokens at 1.0312 are 0.05156; at 2 they are 0.10.
    assert [line.split()[-4:-1] for line in lines[1:5]] == [
        ["$0.0516", "$0.10", "+$0.0484"],
        ["$1.0000", "$2.00", "+$1.0000"],
        ["$1.0000", "$2.00", "+$1.0000"],
        ["$2.0516", "$4.10", "+$2.0484"],
    ]


def test_it_says_when_nothing_is_in_scope_or_only_what_is_locked(cli, company):
    assert cli("db", "reprice", "--model", "nobody").stderr == "note: nothing to change: no request is in scope\n"

    assert cli("prices", "lock", "--until", "2026-11-10").code == 0
    done = cli("db", "reprice")
    assert (done.code, done.stdout) == (0, "")
    assert done.stderr == "note: nothing to change: 2 requests before the lock left as they are\n"


def test_a_dry_run_is_clean_and_changes_nothing(cli, company):
    done = cli("db", "reprice", "--dry-run")

    assert (done.code, done.stderr) == (0, "note: nothing was changed: this was a dry run\n")
    assert cost(cli) == "2.00"


def test_yes_changes_the_costs_once(cli, company):
    done = cli("db", "reprice", "--yes", "--period", "2026-10", "--format", "json")

    document = json.loads(done.stdout)
    assert (done.code, done.stderr) == (0, "note: 1 request changed\n")
    assert (document["schema"], document["applied"], document["locked"]) == ("llmcost/reprice/1", True, None)
    assert document["rows"] == [
        {
            "month": "2026-10",
            "model": "m1",
            "requests": 1,
            "changed": 1,
            "old_cost": "1.00",
            "new_cost": "2.00",
            "difference": "1.00",
            "statuses": [],
        }
    ]
    assert cost(cli) == "3.00"
    again = cli("db", "reprice", "--period", "2026-10")
    assert (again.stdout, again.code) == ("", 0)
    assert again.stderr.startswith("note: nothing to change: ")


def test_a_price_file_of_the_command_line_lies_over_those_of_the_settings(cli, company):
    (company / "more.yaml").write_text(prices(3))

    assert cli("db", "reprice", "--yes", "--pricing", "more.yaml").code == 0
    assert cost(cli) == "6.00"


def test_contradictions_and_missing_ledgers_are_refused(cli, company):
    assert cli("db", "reprice", "--yes", "--dry-run").code == 2
    missing = cli("db", "reprice", "--db", "none.duckdb")
    assert (missing.code, (company / "none.duckdb").exists()) == (3, False)


@pytest.mark.slow
def test_a_lock_keeps_a_period_until_it_is_lifted_or_overridden(cli, company):
    locked = cli("prices", "lock", "--until", "2026-11-01", "--note", "Q3\x1b[2J")
    assert (locked.stdout, locked.stderr, locked.code) == ("", "note: locked: everything before 2026-11-01 UTC\n", 0)

    done = cli("db", "reprice", "--yes")
    assert done.stdout.splitlines()[-1] == "1 request before the lock of 2026-11-01 UTC left as they are."
    assert cost(cli) == "3.00"

    write(company / "late.jsonl", [native(request_id="call-late-0123456789", timestamp="2026-10-09T12:00:00Z", **CALL)])
    late = cli("ingest", "late.jsonl")
    assert "warning: 1 new request falls in the period locked until 2026-11-01, rated with" in late.stderr
    assert cost(cli) == "5.00"

    assert cli("db", "reprice", "--yes", "--override-lock").stderr == "note: 1 request changed\n"
    assert cost(cli) == "6.00"
    listed = cli("prices", "lock", "--list").stdout.splitlines()
    assert listed[0].startswith("before 2026-11-01 UTC, locked 20")
    assert listed[0].endswith(": Q3\\x1b[2J")
    assert listed[1].endswith("UTC: 1 request before 2026-11-01 UTC rated again")

    assert cli("prices", "lock", "--clear", "2026-11-01").stderr == "note: nothing is locked now\n"
    document = json.loads(cli("prices", "lock", "--list", "--format", "json").stdout)
    assert document["locks"][0]["until"] == "2026-11-01T00:00:00Z"
    assert document["locks"][0]["cleared_at"] is not None
    assert document["overrides"][0]["requests"] == 1


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--until", "2999-01-01"), "in the future"),
        (("--clear", "2026-01-01"), "no lock ends 2026-01-01 UTC"),
        ((), "one thing at a time"),
        (("--list", "--until", "2026-11-01"), "one thing at a time"),
        (("--list", "--note", "why"), "--note belongs to --until"),
    ],
)
def test_what_cannot_be_locked_is_refused(cli, company, arguments, complaint):
    done = cli("prices", "lock", *arguments)

    assert (done.code, complaint in done.stderr) == (2, True)
