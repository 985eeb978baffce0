"""A list, an object or a number where a word belongs costs its own record at most, never the run."""

from decimal import Decimal

import pytest
from tests.ingesting import buckets, chat, read, rows, write

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


@pytest.mark.parametrize("apart", [True, False], ids=["in files of their own", "in one file"])
def test_a_value_of_another_type_ends_no_run(tmp_path, apart):
    records = [chat("good", prompt=100), *_ODD.values()]
    logs = [[record] for record in records] if apart else [records]
    read(tmp_path / "ledger", *(write(tmp_path / f"{number}.jsonl", lines) for number, lines in enumerate(logs)))
    found = {row["request_id"]: row["uncached_input_tokens"] for row in rows(tmp_path / "ledger")}
    assert found[records[0]["id"]] == 100


def test_a_time_in_seconds_that_is_beyond_all_numbers_as_milliseconds_is_none(tmp_path):
    usage = {"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6}
    odd = chat("odd", usage={**usage, "total_time": 1e308, "prompt_time": 1e308, "queue_time": 0.5})
    even = chat("even", usage={**usage, "total_time": 2, "prompt_time": 0.25, "queue_time": 0.5})
    read(tmp_path / "ledger", write(tmp_path / "log.jsonl", [odd, even]))
    found = {row["request_id"]: (row["latency_ms"], row["time_to_first_token_ms"]) for row in rows(tmp_path / "ledger")}
    # 2 s and 0.25 s, each after half a second of waiting.
    assert found == {odd["id"]: (None, None), even["id"]: (2500, 750)}


def test_a_sum_too_large_for_the_ledger_is_unknown(tmp_path):
    # Google's rows of an hour are one bucket; twice 999,999,999,999 is more than the million million that a sum may be.
    line = {
        "service": {"description": "Gemini API"},
        "sku": {"description": "Generate content output token count gemini 2.5 flash short output text non-thinking"},
        "usage_start_time": "2026-11-01T00:00:00Z",
        "usage_end_time": "2026-11-01T01:00:00Z",
        "project": {"id": "shop"},
        "currency": "USD",
        "usage": {"amount": 10, "unit": "count"},
        "cost_type": "regular",
    }
    costs = {"2026-11-01": ["999999999999", "999999999999"], "2026-11-02": ["1", "0.5"]}
    lines = [
        {**line, "cost": cost, "usage_start_time": f"{day}T00:00:00Z", "usage_end_time": f"{day}T01:00:00Z"}
        for day, of_day in costs.items()
        for cost in of_day
    ]
    read(tmp_path / "ledger", write(tmp_path / "bill.jsonl", lines))
    found = {str(row["bucket_start"])[:10]: row["billed_cost"] for row in buckets(tmp_path / "ledger")}
    assert found == {"2026-11-01": None, "2026-11-02": Decimal("1.5")}
