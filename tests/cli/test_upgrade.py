"""A ledger that an older version wrote: what writes brings it up to date, what only reads says how."""

import shutil

import pytest
from tests.ingesting import native, query, read, write
from tests.once import made_once

from llmcost.ledger import database


def make_older(folder):
    """A ledger of before the newest migration, with one call."""
    path = folder / "llmcost.duckdb"
    read(path, write(folder / "log.jsonl", [native(request_id="call-0001", customer_id="cust-zyxwv")]))
    with database.writing(path) as ledger:
        ledger.execute("drop table also_in")
        ledger.execute("delete from schema_migration where name like '0014%'")


@pytest.fixture
def older(tmp_path, tmp_path_factory):
    shutil.copytree(made_once(tmp_path_factory, "older", make_older), tmp_path, dirs_exist_ok=True)
    return tmp_path / "llmcost.duckdb"


@pytest.mark.parametrize(
    "command",
    [
        ("ingest", "log.jsonl"),
        ("ingest", "--source", "outcomes", "outcomes.csv"),
        ("db", "reprice"),
        ("db", "reprice", "--yes"),
        ("db", "forget", "--customer", "cust-zyxwv", "--yes"),
        ("prices", "lock", "--until", "2026-01-01"),
    ],
)
def test_a_command_that_writes_goes_on_with_an_older_ledger(cli, older, command):
    (older.parent / "outcomes.csv").write_text(
        "date,customer,feature,metric,value\n2026-11-10,cust-globex,report-export,engagements,14\n"
    )
    done = cli(*command)
    assert (done.code, query(older, "select count(*) from request"), query(older, "from also_in")) == (0, [(1,)], [])
    assert older.with_name("llmcost.duckdb.v13.bak").is_file()


@pytest.mark.parametrize("command", [("report",), ("db", "reprice", "--dry-run"), ("db", "info")])
def test_a_command_that_only_reads_leaves_an_older_ledger_as_it_is(cli, older, command):
    before = older.read_bytes()
    done = cli(*command)
    assert (done.code, "hint: run `llmcost db migrate`" in done.stderr) == (3, True)
    assert older.read_bytes() == before
