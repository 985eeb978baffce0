"""What `export requests` writes says as much as the ledger has it from: read back it is the same calls."""

import json
from datetime import UTC
from pathlib import Path
from typing import cast

import pytest
from tests.ingesting import native, query, read, rows, write
from tests.marks import few

from llmcost.domain.attribution import DEFAULT_ATTRIBUTION
from llmcost.domain.period import Period
from llmcost.domain.request import QUANTITIES
from llmcost.ledger import database
from llmcost.ledger.exports import FORMATS, FileFormat, export_requests
from llmcost.ledger.forgetting import ForgetRequest, forget
from llmcost.reports.question import Question, selection

# Besides, an export states the provider that rating found.
_SAID = ("row_key", "request_id", "started_at", "final", "time_origin", *QUANTITIES, "cost")
every_format = pytest.mark.parametrize("file_format", few(FORMATS))


def _export(ledger: Path, target: Path) -> Path:
    with database.reading(ledger) as connection:
        chosen = selection(connection, Question(by=(), where=(), metrics=(), period=Period(), zone=UTC))
        export_requests(connection, chosen, target, cast("FileFormat", target.suffix.removeprefix(".")))
    return target


def _read_back(ledger: Path, file_format: str) -> None:
    """The export of a ledger read into it, and alone, changes nothing."""
    export = _export(ledger, ledger.with_name(f"export.{file_format}"))
    before = rows(ledger, *_SAID)
    again = read(ledger, export)
    assert (again.total("new"), again.total("known"), again.total("conflicts")) == (0, len(before), 0)
    assert rows(ledger, *_SAID) == before
    alone = ledger.with_name("alone")
    read(alone, export)
    assert rows(alone, *_SAID) == before


def _chat(**fields: object) -> dict[str, object]:
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    return {"object": "chat.completion", "model": "gpt-4o", "choices": [], "usage": usage, **fields}


@every_format
@pytest.mark.slow
def test_an_assumed_time_stays_one(tmp_path, file_format):
    log = write(tmp_path / "log.jsonl", [_chat(id="chatcmpl-AAAAAAAA"), _chat()])
    read(tmp_path / "ledger", log, at="2026-11-07T02:00:00Z")
    _read_back(tmp_path / "ledger", file_format)
    assert query(tmp_path / "ledger", "select distinct time_origin from request") == [("assumed",)]
    # A log that says when is believed before it.
    later = write(tmp_path / "later.jsonl", [_chat(id="chatcmpl-AAAAAAAA", created=1794124800)])
    read(tmp_path / "alone", later)
    found = query(
        tmp_path / "alone", "select started_at::varchar, time_origin from request where request_id is not null"
    )
    assert found == [("2026-11-08 08:00:00", "log")]


@pytest.mark.slow
@every_format
def test_a_part_of_a_stream_stays_one_and_is_no_conflict_with_the_whole(tmp_path, file_format):
    def line(second: int, stop: str | None, output: int) -> dict[str, object]:
        usage = {"input_tokens": 100, "output_tokens": output}
        message = {"type": "message", "role": "assistant", "id": "msg_01AAAAAAAAAAAAAAAAAAAA", "stop_reason": stop}
        return {
            "type": "assistant",
            "timestamp": f"2026-11-10T10:00:0{second}.123Z",
            "sessionId": "s-1",
            "uuid": f"u{second}",
            "message": {**message, "model": "claude-sonnet-4-5-20250929", "usage": usage},
            "requestId": "req_011AAAAAAAAAAA",
        }

    log = [line(0, None, 2)]
    for day in (1, 2):
        read(tmp_path / "laptop", write(tmp_path / "log" / "s.jsonl", log))
        _read_back(tmp_path / "laptop", file_format)
        (tmp_path / "alone").unlink()
        export = _export(tmp_path / "laptop", tmp_path / f"day {day}.{file_format}")
        assert read(tmp_path / "hub", export).total("conflicts") == 0
        log.append(line(5, "end_turn", 500))
    assert query(tmp_path / "hub", "select final, uncached_input_tokens, output_text_tokens from request") == [
        (True, 100, 500)
    ]


@pytest.mark.slow
def test_what_is_unknown_stays_so_and_contradicts_no_0(tmp_path):
    embedded = {
        "schemaType": "ModelInvocationLog",
        "timestamp": "2026-11-03T09:00:04Z",
        "requestId": "a5d1f2c0-0000-4000-8000-000000000004",
        "modelId": "amazon.titan-embed-text-v2:0",
        "input": {"inputTokenCount": 512},
        "output": {},
    }
    read(tmp_path / "ledger", write(tmp_path / "log.jsonl", [embedded]))
    _read_back(tmp_path / "ledger", "jsonl")
    said = [{**embedded, "output": {"outputTokenCount": 0}}]
    assert read(tmp_path / "ledger", write(tmp_path / "said.jsonl", said)).total("conflicts") == 0


@every_format
@pytest.mark.slow
def test_calls_without_a_good_id_are_the_same_ones_after_somebody_was_forgotten(tmp_path, file_format):
    who = {"customer_id": "acme-corp", "user_id": "u-lena", "session_id": "s-1", "feature": "chat"}
    log = [
        native(**who),
        native(**who),
        native(**who, request_id="chatcmpl-7", issuer="openai"),
        native(request_id="call-12345678"),
    ]
    read(tmp_path / "ledger", write(tmp_path / "log.jsonl", log))
    forget(
        ForgetRequest(
            ledger=tmp_path / "ledger", kind="customer", id="acme-corp", attribution=DEFAULT_ATTRIBUTION, delete=False
        )
    )
    _read_back(tmp_path / "ledger", file_format)
    assert query(tmp_path / "ledger", "select count(*), count(distinct customer_id) from request") == [(4, 1)]
    # Of a good id the key follows, so that nothing is said of it.
    export = _export(tmp_path / "ledger", tmp_path / "export.jsonl")
    keys = {
        record.get("request_id"): record.get("row_key") for record in map(json.loads, export.read_text().splitlines())
    }
    assert (keys["call-12345678"], keys["chatcmpl-7"] is None, keys[None] is None) == (None, False, False)


def test_a_row_key_of_a_log_of_somebodys_own_is_no_key(tmp_path):
    key = "0f0f0f0f-0000-4000-8000-000000000000"
    log = write(tmp_path / "log.jsonl", [native(row_key=key), native(row_key=key, input_tokens=200)])
    assert read(tmp_path / "ledger", log).total("new") == 2
