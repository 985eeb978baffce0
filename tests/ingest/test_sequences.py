"""A sequence is put together wherever in a log it begins, and whatever stands before it."""

from pathlib import Path

import pytest
from tests.ingesting import chat, read, rejects, rows, write
from tests.marks import few

from llmcost.ingest.registry import all_sources

_SEQUENCES = sorted(
    path
    for path in (Path(__file__).parent.parent / "sources").glob("*/*.jsonl")
    if (source := all_sources().get(path.parent.name)) and source.stream is not None and source.grain == "request"
)

_OF_EACH = {path.parent: path for path in reversed(_SEQUENCES)}
_ONE_OF_EACH_FIRST = few([*_OF_EACH.values(), *sorted({*_SEQUENCES} - {*_OF_EACH.values()})], fast=1)


def _before() -> list[object]:
    """More lines than are looked at for a sequence: envelopes of the kinds whose body may stand in an event too."""
    message = {"id": "msg_01before", "type": "message", "role": "assistant", "model": "claude-haiku-4-5"}
    usage = {"input_tokens": 7, "output_tokens": 1}
    realtime = {"id": "resp_before000001", "object": "realtime.response", "status": "completed", "usage": usage}
    bodies = [{"response": chat("before")}, {"response": realtime}, {"message": {**message, "usage": usage}}]
    return [*({"ts": "2026-10-01T10:00:00Z", **body} for body in bodies), *[{"level": "info"}] * 6]


@pytest.mark.parametrize("path", _ONE_OF_EACH_FIRST, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_sequence_is_read_alike_after_other_records(tmp_path, path):
    lines = path.read_bytes().splitlines()
    for name, log in {"alone": lines, "after": [*_before(), *lines], "before": _before()}.items():
        read(tmp_path / name, write(tmp_path / f"{name}.jsonl", log))
    before, alone, after = (rows(tmp_path / name) for name in ("before", "alone", "after"))
    assert len(before) == 3
    assert [row for row in after if row not in before] == alone
    count = len(_before())
    assert [(line - count, reason) for line, reason in rejects(tmp_path / "after") if line > count] == rejects(
        tmp_path / "alone"
    )


def test_a_stream_of_messages_and_a_session_amid_a_log(tmp_path):
    usage = {"input_tokens": 5, "output_tokens": 1}
    message = {"id": "msg_01amid", "type": "message", "role": "assistant", "model": "claude-haiku-4-5", "usage": usage}
    spoken = {"input_tokens": 20, "output_tokens": 4}
    response = {"id": "resp_amid00000001", "object": "realtime.response", "status": "completed", "usage": spoken}
    lines = [
        *_before(),
        {"type": "message_start", "timestamp": "2026-11-01T10:00:00Z", "message": message},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 15}},
        {"type": "message_stop"},
        {"type": "session.created", "event_id": "event_1", "session": {"model": "gpt-realtime"}},
        {"type": "response.done", "event_id": "event_2", "ts": "2026-11-01T10:00:00Z", "response": response},
    ]
    read(tmp_path / "ledger", write(tmp_path / "log.jsonl", lines))
    found = rows(tmp_path / "ledger", "request_id", "response_model", "uncached_input_tokens", "output_text_tokens")
    assert {tuple(row.values()) for row in found if "amid" in row["request_id"]} == {
        ("msg_01amid", "claude-haiku-4-5", 5, 15),
        ("resp_amid00000001", "gpt-realtime", 20, 4),
    }
