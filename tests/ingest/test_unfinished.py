"""Calls that had not ended when they were read: told of, and counted once they have."""

from tests.ingesting import query, read, write


def row(number, *, ended=True):
    """A row of Helicone: 1,000 tokens in and 100 out, once it has ended."""
    times = {"request_created_at": f"2026-11-03T09:05:0{number}.250Z", "provider": "OPENAI", "request_model": "gpt-5.4"}
    if not ended:
        return {"request_id": f"q-{number}", "response_id": None, "response_status": -2, "total_tokens": None, **times}
    usage = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}
    return {"request_id": f"q-{number}", "response_id": f"r-{number}", "response_status": 200, **usage, **times}


def test_calls_that_had_not_ended_are_told_of(tmp_path, cli):
    # A pass in bulk for each compression.
    write(tmp_path / "a.jsonl", [row(1), row(2, ended=False), row(3, ended=False)])
    write(tmp_path / "b.jsonl.gz", [row(4, ended=False), row(5)])
    said = cli("ingest", ".", "--db", "ledger")
    assert said.code == 0
    assert "3 calls had not ended, and are not counted: " in said.stderr
    assert query(tmp_path / "ledger", "select request_id, cost_status from request order by 1") == [
        ("r-1", "priced"),
        ("r-5", "priced"),
    ]

    result = read(tmp_path / "ledger", write(tmp_path / "c.json", [row(2), row(3), row(4, ended=False)]))
    assert (result.total("new"), result.total("skipped"), result.total("unfinished")) == (2, 1, 1)
