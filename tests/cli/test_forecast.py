"""`llmcost forecast` as users and machines see it."""

import json
from datetime import date, timedelta

import pytest


@pytest.fixture
def ledger_file(tmp_path, cli):
    """A reported dollar a day, 80 days long, billed by the provider itself."""
    lines = [
        {
            "timestamp": f"{date(2026, 9, 1) + timedelta(days=place)}T01:00:00Z",
            "request_id": f"req-{place:04}-7f3a9c",
            "provider": "openai",
            "model": "gpt-4o-mini",
            "input_tokens": 4_000_000,
            "output_tokens": 0,
            "team": "search",
        }
        for place in range(80)
    ]
    log = tmp_path / "log.jsonl"
    log.write_text("\n".join(map(json.dumps, lines)))
    assert cli("ingest", log, "--source", "llmcost").code == 0
    return tmp_path / "llmcost.duckdb"


def test_a_forecast_reads_the_same_in_every_format(ledger_file, cli):
    # 4 million input tokens at $0.15 a million are 60 cents a day: 18 dollars in a November.
    asked = ("forecast", "--as-of", "2026-11-20T00:00:00Z", "--by", "team")
    document = json.loads(cli(*asked, "--format", "json").stdout)

    assert document["schema"] == "llmcost/forecast/1"
    assert document["total"]["forecast"] == "18.00"
    assert document["total"]["backtest"]["error"] == 0
    assert document["rows"][0]["team"] == "search"
    assert "$18.00 by the end of 2026-11-30" in cli(*asked).stdout
    assert "| search | $11.40 | $18.00 |" in cli(*asked, "--format", "markdown").stdout
    assert cli(*asked, "--format", "csv").stdout.splitlines()[1].startswith("search,11.40,18.00,18.00,18.00,80,")


def test_too_little_history_is_exit_3(ledger_file, cli):
    found = cli("forecast", "--as-of", "2026-09-20T00:00:00Z")

    assert (found.code, found.stdout) == (3, "")
    assert "19 whole days of history are too few" in found.stderr


def test_a_period_it_cannot_forecast_is_exit_2(ledger_file, cli):
    assert cli("forecast", "--period", "2026-12").code == 2


def test_groups_beyond_the_top_are_in_the_total_and_said_not_to_be_shown(ledger_file, cli, tmp_path):
    call = {"timestamp": "2026-11-19T02:00:00Z", "request_id": "req-chat-7f3a9c", "provider": "openai", "team": "chat"}
    (tmp_path / "chat.jsonl").write_text(json.dumps({**call, "model": "gpt-4o-mini", "input_tokens": 10}))
    assert cli("ingest", tmp_path / "chat.jsonl", "--source", "llmcost").code == 0
    found = cli("forecast", "--as-of", "2026-11-20T00:00:00Z", "--by", "team", "--top", "1", "--format", "csv")

    assert [line.split(",")[0] for line in found.stdout.splitlines()[1:]] == ["search"]
    assert found.stderr == "note: 1 more row not shown; raise --top\n"
