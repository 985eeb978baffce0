"""Waiting for a process that has the ledger: every command that opens one can be told how long."""

import json

import pytest
from tests.ingesting import native, read, write
from tests.marks import few
from typer.main import get_command

from llmcost.cli import app
from llmcost.domain.errors import ExitCode
from llmcost.ledger import database

_CONFIG = """
alerts: [{rule: daily-spend, above: "3"}]
budgets: [{name: all, period: month, amount: "500"}]
"""


def _commands(command, *names):
    """Every command below, with its options."""
    yield names, {name for option in command.params for name in option.opts}
    for name, one in getattr(command, "commands", {}).items():
        yield from _commands(one, *names, name)


def test_every_command_that_opens_a_ledger_can_be_told_how_long_to_wait():
    every = _commands(get_command(app.build()))
    lacking = {names for names, options in every if "--db" in options and "--wait" not in options}
    # It makes a ledger that is not there yet.
    assert lacking == {("db", "import")}


@pytest.fixture
def held(tmp_path):
    (tmp_path / "llmcost.yaml").write_text(_CONFIG)
    (tmp_path / "limits.yaml").write_text(
        json.dumps({"name": "limits", "type": "gateway-rate-limiting-config", "rules": []})
    )
    path = tmp_path / "llmcost.duckdb"
    read(path, write(tmp_path / "log.jsonl", [native(request_id="call-0001")]))
    with database.writing(path):
        yield path


@pytest.mark.parametrize(
    "command",
    few(
        [
            "alerts check",
            "budget baseline",
            "budget status",
            "chargeback",
            "dashboard exec",
            "db export out",
            "db info",
            "db rejects",
            "explain call-0001",
            "forecast",
            "outliers",
            "outliers dismiss some-id --reason why",
            "quota check limits.yaml --db llmcost.duckdb --since 2026-01-01",
            "report",
            "tags list",
        ],
        fast=4,
    ),
)
def test_a_command_that_reads_waits_as_long_as_it_is_told(cli, held, command):
    done = cli(*command.split(), "--wait", "0")
    assert (done.code, done.stdout) == (ExitCode.DATA, "")
    assert f"{held} is in use by process" in done.stderr
    assert "gave up after 0 s\n" in done.stderr


def test_the_parts_of_a_check_wait_as_long_as_they_are_told(cli, held):
    done = cli("check", "--wait", "0", "--format", "json")
    assert done.code == ExitCode.DATA
    reasons = [one["reason"] for one in json.loads(done.stdout)["not_evaluated"]]
    assert len(reasons) == 2
    assert all("gave up after 0 s" in reason for reason in reasons)
