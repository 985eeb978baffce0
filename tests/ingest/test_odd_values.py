"""A list, an object or a number where a word belongs costs its own record at most, never the run."""

import json
from typing import Any

import pytest
from tests.ingesting import chat, read, rows, write

_STATED = {"session.id": "s1", "model": "claude-sonnet-4-5", "input_tokens": "1", "output_tokens": "1"}
_ATTRIBUTES = [{"key": key, "value": {"stringValue": value}} for key, value in _STATED.items()]
_AGENT = {"timeUnixNano": [1], "body": {"stringValue": "claude_code.api_request"}, "attributes": _ATTRIBUTES}
_PASSES = [{"type": "compaction", "input_tokens": 1, "output_tokens": 1}, {"type": {"a": 1}}]
_MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-sonnet-4-5",
    "stop_reason": "end_turn",
}
_ODD = {
    "a schema": {"type": ["string", "null"], "x": 1},
    "a kind that is an object": {"type": {"name": "message_delta"}, "usage": {"output_tokens": 5}},
    "a pass of a message": {**_MESSAGE, "usage": {"input_tokens": 3, "output_tokens": 1, "iterations": _PASSES}},
    "the time of an event": {"resourceLogs": [{"scopeLogs": [{"logRecords": [_AGENT]}]}]},
    "a model": {**chat("odd", model=5), "usage": None, "choices": [{"message": {"content": "hello"}}]},
}


@pytest.mark.parametrize("apart", [True, False], ids=["in a file of its own", "in the same file"])
@pytest.mark.parametrize("odd", _ODD)
def test_a_value_of_another_type_ends_no_run(tmp_path, odd, apart):
    good, bad = chat("good", prompt=100), _ODD[odd]
    logs = {"a.jsonl": [good], "b.jsonl": [bad]} if apart else {"a.jsonl": [good, bad]}
    read(tmp_path / "ledger", *(write(tmp_path / name, lines) for name, lines in logs.items()))
    found = {row["request_id"]: row["uncached_input_tokens"] for row in rows(tmp_path / "ledger")}
    assert found[good["id"]] == 100, json.dumps(bad)


_ENDED = "1794300000000000000"  # 2026-11-10T08:40:00Z


def _agent_call(duration: str) -> dict[str, Any]:
    stated = [*_ATTRIBUTES, {"key": "duration_ms", "value": {"stringValue": duration}}]
    record = {**_AGENT, "timeUnixNano": _ENDED, "attributes": stated}
    return {"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}


def _access(duration: str) -> dict[str, Any]:
    usage = {"model": "gpt-5.4", "prompt_tokens": "1", "completion_tokens": "1"}
    seconds = {"request_time": duration, "time_iso8601": "2026-11-10T08:40:00+00:00"}
    return {**seconds, "status": "200", "request_uri": "/v1/chat/completions", "body_bytes_sent": "9", **usage}


@pytest.mark.parametrize("made", [_agent_call, _access])
@pytest.mark.parametrize("duration", ["9e15", "1e30", "-1e30", "-5", "NaN"])
def test_a_duration_that_cannot_be_leaves_a_call_at_its_end(tmp_path, made, duration):
    good = chat("good", created=1794300000)
    read(tmp_path / "ledger", write(tmp_path / "a.jsonl", [good]), write(tmp_path / "b.jsonl", [made(duration)]))
    assert [str(row["started_at"]) for row in rows(tmp_path / "ledger")] == ["2026-11-10 08:40:00"] * 2


def test_a_duration_is_taken_from_the_end(tmp_path):
    read(tmp_path / "ledger", write(tmp_path / "a.jsonl", [_agent_call("1500"), _access("0.25")]))
    found = sorted(str(row["started_at"]) for row in rows(tmp_path / "ledger"))
    assert found == ["2026-11-10 08:39:58.500000", "2026-11-10 08:39:59.750000"]
