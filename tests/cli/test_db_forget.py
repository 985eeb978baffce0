"""`llmcost db forget`, `merge`, `export` and `import` on the command line."""

import json
import shutil

import pytest
from tests.ingesting import native, query, read, write
from tests.once import made_once

from llmcost.domain.errors import ExitCode
from llmcost.ingest.outcomes import OutcomeRequest, ingest_outcomes


def read_call(folder):
    log = write(folder / "log.jsonl", [native(request_id="call-0001", customer_id="cust-zyxwv")])
    read(folder / "llmcost.duckdb", log)


@pytest.fixture
def ledger(tmp_path, tmp_path_factory):
    shutil.copytree(made_once(tmp_path_factory, "db-forget", read_call), tmp_path, dirs_exist_ok=True)
    return tmp_path / "llmcost.duckdb"


def test_forget_asks_first(cli, ledger):
    looked = cli("db", "forget", "--customer", "cust-zyxwv", "--dry-run", "--format", "json")
    document = json.loads(looked.stdout)
    assert (looked.code, document["schema"], document["applied"], document["requests"]) == (
        0,
        "llmcost/db-forget/1",
        False,
        1,
    )
    refused = cli("db", "forget", "--customer", "cust-zyxwv")
    assert (refused.code, "no terminal" in refused.stderr) == (ExitCode.USAGE, True)
    assert b"zyxwv" in ledger.read_bytes()
    done = cli("db", "forget", "--customer", "cust-zyxwv", "--yes")
    assert (done.code, "zyxwv" in done.stdout + done.stderr) == (0, False)
    assert b"zyxwv" not in ledger.read_bytes()
    rows = json.loads(cli("report", "--by", "customer_id", "--format", "json").stdout)["rows"]
    assert [row["customer_id"] for row in rows] == ["forgotten"]


@pytest.mark.slow
def test_forget_of_somebody_unknown_is_an_error_unless_it_is_meant(cli, ledger, tmp_path):
    before = ledger.read_bytes()
    slip = cli("db", "forget", "--customer", "cust-zyxvw", "--yes")
    assert (slip.code, slip.stdout, ledger.read_bytes() == before) == (ExitCode.USAGE, "", True)
    assert slip.stderr == (
        "error: no such customer is in the ledger; nothing was changed\n"
        "  hint: did you mean 'cust-zyxwv'? --in-advance forgets who is yet to come\n"
    )
    assert cli("db", "forget", "--user", "cust-zyxwv", "--yes").code == 0
    meant = cli("db", "forget", "--customer", "cust-later", "--in-advance", "--yes")
    assert (meant.code, meant.stdout) == (0, "0 requests, no known cost\n")
    again = cli("db", "forget", "--customer", "cust-later", "--yes")
    assert (again.code, "forgotten before" in again.stderr) == (0, True)
    read(ledger, write(tmp_path / "later.jsonl", [native(request_id="call-0002", customer_id="cust-later")]))
    assert b"cust-later" not in ledger.read_bytes()


@pytest.mark.parametrize(
    ("slip", "hint"),
    [("zyxwv", "did you mean 'cust-zyxwv'? --in-advance forgets"), ("x", "--in-advance forgets")],
)
def test_letters_of_somebody_else_are_nobody(cli, ledger, slip, hint):
    """`zyxwv` is a word of `cust-zyxwv`, and `x` a letter of it."""
    done = cli("db", "forget", "--customer", slip, "--dry-run")
    assert (done.code, done.stdout, hint in done.stderr) == (ExitCode.USAGE, "", True)


def test_a_short_id_of_outcomes_alone_is_somebody(cli, ledger, tmp_path):
    events = tmp_path / "events.csv"
    events.write_text("date,metric,value,customer_id\n2026-11-01,conversions,5,x\n", "utf-8")
    ingest_outcomes(OutcomeRequest(paths=(str(events),), ledger=ledger))
    assert cli("db", "forget", "--customer", "x", "--yes").code == 0
    assert query(ledger, "select dimensions from outcome") == [('{"customer_id":"forgotten"}',)]


def test_forget_says_what_a_receiver_still_holds(cli, ledger):
    journal = ledger.with_name(".llmcost.duckdb.received")
    journal.mkdir()
    (journal / "00000001.jsonl").write_text('[{"customer_id": "cust-zyxwv"}]\n', "utf-8")
    done = cli("db", "forget", "--customer", "cust-zyxwv", "--yes")
    assert (done.code, "1 batch of spans received and not in the ledger yet may hold the id" in done.stderr) == (
        0,
        True,
    )


@pytest.mark.parametrize(
    "arguments", [[], ["--customer", "a", "--user", "b"], ["--customer", ""], ["--user", "a", "--yes", "--dry-run"]]
)
def test_forget_wants_one_id(cli, ledger, arguments):
    assert cli("db", "forget", *arguments).code == ExitCode.USAGE


def test_ledgers_move_and_merge(cli, ledger, tmp_path):
    assert cli("db", "export", "out").code == 0
    assert cli("db", "export", "out").code == ExitCode.DATA
    assert cli("db", "import", "out").code == ExitCode.DATA
    assert cli("db", "import", "out", "--db", "copy.duckdb").code == 0
    done = cli("db", "merge", "copy.duckdb", "--format", "json")
    assert json.loads(done.stdout)["ledgers"] == [
        {"path": "copy.duckdb", "requests": 1, "new": 0, "changed": 0, "known": 1, "conflicts": 0, "late": 0}
    ]
    assert cli("db", "merge", "copy.duckdb").stdout == "copy.duckdb: 0 new, 0 merged, 1 known\n"
    missing = cli("db", "merge", "none.duckdb", "--db", "copy.duckdb")
    assert (missing.code, "--db" in missing.stderr) == (ExitCode.DATA, False)
    assert cli("db", "import", "nowhere", "--db", "other.duckdb").code == ExitCode.USAGE
    (tmp_path / "adir").mkdir()
    assert "there is a folder at " in cli("db", "import", "out", "--db", "adir").stderr
