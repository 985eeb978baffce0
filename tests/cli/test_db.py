"""`llmcost db`."""

import json
import re

import pytest

from llmcost.domain.errors import ExitCode
from llmcost.ledger import database, migrations

VERSION = int(migrations.known()[-1].name[:4])


@pytest.fixture
def path(tmp_path):
    with database.writing(tmp_path / "llmcost.duckdb") as ledger:
        ledger.execute("insert into reject values (1, 1, 'not-json', 'h', null)")
        ledger.execute(
            """
            insert into request (row_key, part, source, issuer, ingest_id, started_at, time_origin, final, operation,
                                 status, gateway_cached, usage_origin, cost_status, charge_basis)
            values (uuid(), 0, 'odd' || chr(27) || '[2J', 'openai', 1, '2026-11-02 10:00:00', 'log', true, 'chat', 'ok',
                    false, 'billed', 'unpriced', 'metered')
            """
        )
    return tmp_path / "llmcost.duckdb"


def test_info_shows_what_the_ledger_holds(cli, path):
    done = cli("db", "info")

    assert (done.stderr, done.code) == ("", 0)
    shown = dict(re.split(r"  +", line, maxsplit=1) for line in done.stdout.splitlines())
    assert shown["ledger"] == str(path)
    assert shown["schema version"] == str(VERSION)
    assert shown["first request"] == "2026-11-02 10:00:00 UTC"
    assert shown["rows in reject"] == "1"
    assert shown["requests from odd\\x1b[2J"] == "1"


def test_info_as_json_is_a_document_with_a_schema(cli, path):
    done = cli("db", "info", "--format", "json")

    document = json.loads(done.stdout)
    assert document["schema"] == "llmcost/db-info/1"
    assert document["path"] == str(path)
    assert document["tables"]["reject"] == 1
    assert document["first_request"] == "2026-11-02T10:00:00Z"
    assert document["price_list"] is None
    assert (done.stderr, done.code) == ("", 0)


def test_the_ledger_is_named_by_option_environment_or_file(cli, path, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "llmcost.yaml").write_text("db: ../llmcost.duckdb")

    assert cli("db", "info", "--db", path, cwd=tmp_path / "elsewhere").code == 0
    assert cli("db", "info", cwd=tmp_path / "elsewhere").code == 0
    assert cli("db", "info", cwd=tmp_path / "home", env={"LLMCOST_DB": str(path)}).code == 0


@pytest.mark.parametrize("command", ["info", "migrate"])
def test_a_missing_ledger_is_not_made(cli, tmp_path, command):
    done = cli("db", command)

    assert done.code == ExitCode.DATA
    assert done.stderr.startswith(f"error: no ledger at {tmp_path / 'llmcost.duckdb'}\n  hint: ")
    assert not (tmp_path / "llmcost.duckdb").exists()


def test_a_mistake_in_the_settings_is_refused_with_its_place(cli, path, tmp_path):
    (tmp_path / "llmcost.yaml").write_text("dv: x\n")

    done = cli("db", "info")

    assert (done.stdout, done.code) == ("", ExitCode.USAGE)
    assert done.stderr.startswith(f"error: {tmp_path / 'llmcost.yaml'}:1:1: unknown key 'dv'; did you mean 'db'?\n")


def test_migrate_says_the_version_it_leaves(cli, path):
    done = cli("db", "migrate")

    assert (done.stdout, done.stderr, done.code) == ("", f"note: llmcost.duckdb has schema version {VERSION}\n", 0)


def test_migrate_is_refused_while_another_process_writes(cli, path):
    with database.writing(path):
        done = cli("db", "migrate", "--wait", "0")

    assert done.code == ExitCode.DATA
    assert "is in use by process" in done.stderr
