"""A log of very many combinations of tags is tagged row by row, and the same as any other."""

import json
from pathlib import Path

import pytest
from tests.ingesting import query, read

from llmcost.ingest import stage, tagging

LOGS = Path(__file__).parents[2] / "examples" / "logs"
ROWS = "select * exclude (ingest_id) from request order by row_key"


@pytest.mark.slow
def test_tags_made_row_by_row_are_those_made_once_for_all(tmp_path, monkeypatch):
    read(tmp_path / "shared", LOGS)
    monkeypatch.setattr(stage, "_MOST_COMBINATIONS", 0)
    read(tmp_path / "own", LOGS)

    rows = query(tmp_path / "own", ROWS)

    assert rows == query(tmp_path / "shared", ROWS)
    assert query(tmp_path / "own", "select count(*) > 50 from request where tags is not null") == [(True,)]


def test_combinations_of_tags_with_the_same_hash_are_told_apart(tmp_path, monkeypatch):
    monkeypatch.setattr(tagging.Tagging, "key", lambda _: "1::ubigint")
    log = tmp_path / "spend.jsonl"
    log.write_text("".join(json.dumps(_row(n, customer)) + "\n" for n, customer in enumerate(["a", "b", "a", "c"])))

    read(tmp_path / "ledger", log)

    assert query(tmp_path / "ledger", "select customer_id, count(*) from request group by all order by all") == [
        ("a", 2),
        ("b", 1),
        ("c", 1),
    ]


def _row(number: int, customer: str) -> dict[str, object]:
    return {
        "request_id": f"chatcmpl-3aApDb2qE04qyq{number:04}",
        "call_type": "acompletion",
        "spend": 0.001,
        "prompt_tokens": 10,
        "completion_tokens": 1,
        "startTime": "2026-11-02T07:26:23.999551",
        "endTime": "2026-11-02T07:26:26.248551",
        "model": "gpt-4o-mini",
        "custom_llm_provider": "openai",
        "metadata": {"user_api_key_alias": "key", "spend_logs_metadata": {"customer_id": customer}},
        "status": "success",
    }
