"""A list, an object or a number where a word belongs costs its own record at most, never the run."""

import json

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
