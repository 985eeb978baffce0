"""A value of another kind than the log should have costs its own record, and nothing that was read beside it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.ingesting import chat, query, read, rejects, write

from llmcost.ingest.expanding import expand
from llmcost.ingest.files import look_at
from llmcost.ingest.reader import read as read_items
from llmcost.ingest.registry import all_sources

FIXTURES = sorted(
    path
    for path in Path(__file__).parent.glob("*/*.json*")
    if not path.name.endswith(".expected.json") and path.stat().st_size < 100_000
)
ODD: tuple[Any, ...] = (["a", None], {"a": [1]})


def _places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where a record holds its values; of a list only the first two."""
    inner = (
        list(value.items())
        if isinstance(value, dict)
        else list(enumerate(value[:2]))
        if isinstance(value, list)
        else ()
    )
    for key, one in inner:
        yield (*place, key)
        yield from _places(one, (*place, key))


def _with(value: Any, place: tuple[Any, ...], odd: Any) -> Any:
    """The record with another value at a place."""
    if not place:
        return odd
    changed = value.copy()
    changed[place[0]] = _with(value[place[0]], place[1:], odd)
    return changed


@pytest.mark.parametrize("folder", sorted({path.parent.name for path in FIXTURES}))
def test_a_list_or_an_object_may_stand_anywhere_in_a_sequence(folder):
    sources = all_sources()
    for path in FIXTURES:
        if path.parent.name != folder:
            continue
        records = [item for item in read_items(look_at(path, path.name, named=True)) if isinstance(item, tuple)][:8]
        for number, (line, record) in enumerate(records[:3]):
            for place in list(_places(record))[:200]:
                for odd in ODD:
                    items = [*records[:number], (line, _with(record, place, odd)), *records[number + 1 :]]
                    list(expand(items, sources, {}, lambda records: [False] * len(records)))


GOOD = chat("good", prompt=100, completion=10)


def test_a_type_that_is_no_text_ends_no_run(tmp_path):
    odd = [{"type": ["string", "null"], "x": 1}, {"type": {"name": "string"}, "x": 1}]
    read(tmp_path / "ledger", write(tmp_path / "log.jsonl", [GOOD, *odd]))

    assert query(tmp_path / "ledger", "select uncached_input_tokens, output_text_tokens from request") == [(100, 10)]
    reason = "no source knows this shape"
    assert rejects(tmp_path / "ledger") == [(2, reason), (3, reason)]


def test_a_pass_of_a_message_whose_type_is_no_text_is_one_of_another_kind(tmp_path):
    message = {
        "id": "msg_01AbCdEfGhIjKlMn",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4-5",
        "stop_reason": "end_turn",
        "usage": {
            "input_tokens": 3,
            "output_tokens": 1,
            "iterations": [{"type": "compaction", "input_tokens": 7, "output_tokens": 2}, {"type": {"a": 1}}],
        },
    }
    read(tmp_path / "ledger", write(tmp_path / "log.jsonl", [message]), at="2026-11-10T00:00:00Z")

    # The call itself and the compaction beside it: 3 + 7 in, 1 + 2 out.
    assert query(tmp_path / "ledger", "select sum(uncached_input_tokens), sum(output_text_tokens) from request") == [
        (10, 3)
    ]


def test_an_answer_without_usage_whose_model_is_no_text_is_estimated(tmp_path):
    body = {**chat("odd"), "model": 5, "choices": [{"message": {"content": "x" * 40}}]}
    del body["usage"]
    read(tmp_path / "ledger", write(tmp_path / "log.jsonl", [GOOD, body]))

    # 40 bytes are 10 tokens.
    assert query(
        tmp_path / "ledger", "select response_model, output_text_tokens from request where usage_origin = 'estimate'"
    ) == [("5", 10)]


def test_an_agents_event_may_hold_a_list_where_a_text_belongs(tmp_path):
    odd = {"arrayValue": {"values": [{"stringValue": "a"}]}}
    events = []
    for number, name in enumerate(("event.sequence", "event.timestamp", "request_id", "model")):
        texts = {
            "session.id": f"s{number}",
            "model": "claude-sonnet-4-5",
            "input_tokens": "5",
            "output_tokens": "2",
        }
        values = {key: {"stringValue": text} for key, text in texts.items()} | {name: odd}
        event = {
            "timeUnixNano": "1793700000000000000",
            "body": {"stringValue": "claude_code.api_request"},
            "attributes": [{"key": key, "value": value} for key, value in values.items()],
        }
        events.append({"resourceLogs": [{"scopeLogs": [{"logRecords": [event]}]}]})
    read(tmp_path / "ledger", write(tmp_path / "log.jsonl", [GOOD, *events]))

    # 100 + 4 x 5 in, 10 + 4 x 2 out.
    assert query(
        tmp_path / "ledger", "select count(*), sum(uncached_input_tokens), sum(output_text_tokens) from request"
    ) == [(5, 120, 18)]


def test_an_amount_too_large_for_the_ledger_is_none(tmp_path):
    # 1e20 ticks of 1e-10 USD are ten billion dollars; twice 900,000 is more than the million that an amount may be.
    usage = {"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6}
    ticks = chat("ticks", usage={**usage, "cost_in_usd_ticks": 10**20 - 1})
    own_key = chat("own-key", usage={**usage, "is_byok": True, "cost": 900_000, "cost_details": {}})
    own_key["usage"]["cost_details"] = {"upstream_inference_cost": 900_000}
    generation = {
        "id": "gen-1",
        "model": "openai/gpt-4o",
        "created_at": "2026-11-05T10:00:00Z",
        "api_type": "completions",
        "native_tokens_prompt": 5,
        "native_tokens_completion": 1,
        "total_cost": 900_000,
        "is_byok": True,
        "upstream_inference_cost": 900_000,
    }
    read(tmp_path / "ledger", write(tmp_path / "log.jsonl", [GOOD, ticks, own_key, generation]))

    assert query(tmp_path / "ledger", "select billed_cost, reported_cost from request") == [(None, None)] * 4
