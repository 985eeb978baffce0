"""Every shape is claimed by exactly one source, by what it looks like and not by who is asked first."""

import json
from importlib import resources
from pathlib import Path

import pytest

from llmcost.ingest import recognise as recognition
from llmcost.ingest.detection import detect
from llmcost.ingest.mapping import expressions_of
from llmcost.ingest.paths import leaves_of
from llmcost.ingest.recognise import recognise
from llmcost.ingest.registry import all_sources
from llmcost.ingest.source import Route
from llmcost.ledger import database

FIXTURES = Path(__file__).parent
LINES = sorted(FIXTURES.glob("*/*.jsonl"))
EXPORTS = sorted(
    path
    for name, source in all_sources().items()
    if source.grain == "bucket"
    for path in (FIXTURES / name).glob("*.*")
    if not path.name.endswith(".expected.json")
)


@pytest.fixture(scope="module")
def connection():
    with database.connect() as session:
        session.execute(resources.files("llmcost.ingest").joinpath("macros.sql").read_text("utf-8"))
        yield session


def _records(path):
    """The lines of a fixture that hold an object."""
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict):
            yield number, record


def _in_sequence(record):
    """Whether the record only makes sense together with its neighbours."""
    return any(source.recognises_stream and source.recognises_stream(record) for source in all_sources().values())


@pytest.fixture(scope="module")
def asked_of_every_source(connection):
    """The claims to each line of every fixture, where no source is left out for its keys."""
    texts = list(dict.fromkeys(json.dumps(record) for path in LINES for _, record in _records(path)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recognition, "_SEARCHED", 0)
        return dict(zip(texts, recognise(connection, texts, all_sources()).claims, strict=True))


@pytest.mark.parametrize("path", LINES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_line_has_one_source_and_a_fixture_its_own_and_asking_every_source_finds_no_other(
    path, connection, asked_of_every_source
):
    records = list(_records(path))
    texts = [json.dumps(record) for _, record in records]
    claims = recognise(connection, texts, all_sources()).claims
    assert claims == tuple(asked_of_every_source[text] for text in texts)
    sequential = [_in_sequence(record) for _, record in records]
    contested = {
        number: [route.name for route in claim]
        for (number, _), claim, in_sequence in zip(records, claims, sequential, strict=True)
        if len(claim) > 1 and not in_sequence
    }
    assert contested == {}
    if any(sequential):
        assert all_sources()[path.parent.name].recognises_stream is not None
    else:
        assert path.parent.name in {route.source_id for claim in claims for route in claim}


@pytest.mark.parametrize("path", LINES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_line_is_part_of_one_kind_of_sequence(path):
    for number, record in _records(path):
        owners = {
            name: source.stream
            for name, source in all_sources().items()
            if source.recognises_stream and source.recognises_stream(record)
        }
        assert len(set(owners.values())) <= 1, f"line {number}: {', '.join(owners)}"


@pytest.mark.parametrize("path", EXPORTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_an_export_is_recognised_by_its_own_source_alone(path):
    (found,) = detect([str(path)])
    assert {route.source_id for route in found.routes} == {path.parent.name}
    assert (found.contested, found.unclaimed) == ({}, 0)


def test_every_aggregate_has_a_fixture():
    assert {path.parent.name for path in EXPORTS} == {
        n for n, source in all_sources().items() if source.grain == "bucket"
    }


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"object": "list", "data": [{"id": "gpt-5.4", "object": "model"}]},
        {"id": "file-1", "object": "file", "created_at": 1793700000},
        {"type": "message", "message": {"role": "user", "content": "Hello"}},
        {"usage": {"input_tokens": 1, "output_tokens": 2}},
        {"usage_metadata": {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}},
        {"custom_id": "ticket-1", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "gpt-5.4"}},
    ],
    ids=["nothing", "models", "file", "transcript-line", "bare-usage", "langchain-usage", "batch-input"],
)
def test_what_only_resembles_a_call_is_claimed_by_nobody(record, connection):
    assert recognise(connection, [json.dumps(record)], all_sources()).claims == ((),)


def test_no_source_claims_a_record_without_any_of_its_keys(connection, monkeypatch):
    """Which is why only those with a key somewhere in the text are asked."""
    monkeypatch.setattr(recognition, "_SEARCHED", 0)
    assert recognise(connection, ["{}"], all_sources()).claims == ((),)


def test_keys_in_escaped_letters_are_keys(connection):
    record = json.dumps({"object": "chat.completion", "id": "c", "model": "m"}).replace("object", r"\u006fbject")
    ((claim,),) = recognise(connection, [record], all_sources()).claims
    assert claim.name == "openai-chat"


_CHAT = {"id": "chatcmpl-e1", "object": "chat.completion", "created": 1793700000, "model": "gpt-5.4", "choices": []}


@pytest.mark.parametrize(
    "envelope",
    [
        {"datetime_utc": "2026-11-03T09:00:00", "model": "gpt-5.4", "duration_ms": 5, "conversation_id": "c"},
        {"provider": "openai", "model": "gpt-5.4", "success": True, "cached": False, "duration": 9, "created_at": "x"},
        {"started_at": 1793700000, "request": {"method": "POST", "model": "gpt-5.4"}, "latencies": {"total": 5}},
        {"role": "assistant", "time": {"created": 1793700000000}, "session": "s"},
    ],
    ids=["llm", "cloudflare", "kong", "opencode"],
)
def test_an_envelope_that_resembles_an_export_stays_an_envelope(envelope, connection):
    ((claim,),) = recognise(connection, [json.dumps({**envelope, "response": _CHAT})], all_sources()).claims
    assert claim.name == "openai-chat in response"


_ANSWER = {
    "id": "msg_01envelope", "type": "message", "role": "assistant", "model": "claude-haiku-4-5", "content": [],
    "stop_reason": "end_turn", "usage": {"input_tokens": 1, "output_tokens": 2},
}  # fmt: skip


@pytest.mark.parametrize(
    ("beside", "source"),
    [
        (
            {"timestamp": "2026-11-19T10:00:00Z", "sessionId": "s", "requestId": "r", "team": "t"},
            "anthropic-messages in message",
        ),
        ({"timestamp": "2026-11-19T10:00:00Z", "sessionId": "s", "version": "2"}, "anthropic-messages in message"),
        ({"ts": "2026-11-19T10:00:00Z", "sessionId": "s", "cwd": "/srv"}, "anthropic-messages in message"),
        ({"time": "2026-11-19T10:00:00Z", "type": "assistant", "team": "t"}, "anthropic-messages in message"),
        ({"timestamp": "2026-11-19T10:00:00Z", "type": "assistant", "sessionId": "s"}, "anthropic-messages in message"),
        ({"timestamp": "2026-11-19T10:00:00Z", "type": "assistant", "sessionId": "s", "uuid": "u"}, "claude-code"),
        ({"timestamp": "2026-11-19T10:00:00Z", "sessionId": "s", "cwd": "/srv"}, "claude-code"),
    ],
)
def test_an_envelope_of_a_message_is_no_transcript(beside, source, connection):
    ((claim,),) = recognise(connection, [json.dumps({**beside, "message": _ANSWER})], all_sources()).claims
    assert claim.name == source


def test_no_two_sources_read_keys_that_differ_in_capitals_only():
    spellings = {}
    for name, source in all_sources().items():
        for path in leaves_of(expressions_of(Route(source_id=name, source=source))):
            for length in range(1, len(path) + 1):
                lowered = tuple(key.lower() for key in path[:length])
                spellings.setdefault(lowered, set()).add(path[:length])
    assert [found for found in spellings.values() if len(found) > 1] == []
