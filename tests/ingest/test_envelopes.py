"""An envelope says the same whether or not it has the keys of those before it."""

import json
from importlib import resources
from typing import Any

import pytest
from tests.ingesting import chat, query, read, write
from tests.marks import few

from llmcost.ingest.envelope import TEXT_KEYS
from llmcost.ledger import database

_ENVELOPES: tuple[dict[str, Any], ...] = (
    {"ts": "2026-11-01T10:00:00.5Z", "latency_ms": 12, "user": "u1", "metadata": {"customer_id": "acme", "team": ""}},
    {"ts": 1793700000.25, "latency_ms": "12.5", "user": None, "metadata": '{"customer_id": "in text"}', "team": "blue"},
    {"ts": "", "time": "2026-11-01T10:00:00+02:00", "metadata": "words", "tags": ["feature:chat", "beta"], "n": 1.50},
    {"time": "2026-11-01", "tags": {"feature": "search"}, "labels": {"env": "staging"}, "ok": True, "status": 429},
    {"ts": "2026-11-01T10:00:00Z", "request": {"model": "alias", "temperature": 0.2, "max_tokens": 64, "user": "u2"}},
    {"ts": "2026-11-01T10:00:00Z", "request": {"metadata": {"plan": "pro"}, "max_completion_tokens": 32}},
    {"ts": "2026-11-01T10:00:00Z", "request": "all of it", "metadata": [1], "attempt": 2, "session_id": "s", "n": None},
    {"ts": "2026-11-01T10:00:00Z", "provider": "azure", "trace_id": "t", "conversation_id": "c", "big": 10**20},
    {"ts": "2026-11-01T10:00:00Z", "prompt": "never kept", "feature": {"a": 1}, "context": {"app": "web"}, "e": "[x"},
)
_COLUMNS = (
    "started_at, latency_ms, http_status, attempt, provider, trace_id, session_id, request_model, temperature, "
    "max_output_tokens, customer_id, user_id, team, feature, environment, plan, tags, uncached_input_tokens"
)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory):
    """Every envelope once among its like, and once with a key that none of the first 450 has."""
    folder = tmp_path_factory.mktemp("envelopes")
    kinds = list(enumerate(_ENVELOPES))
    usual = [{**envelope, "response": chat(f"usual-{n}", created=None)} for n, envelope in kinds]
    before = [{**_ENVELOPES[0], "response": chat(f"other-{n}", created=None)} for n in range(450)]
    unusual = [{**envelope, "response": chat(f"unusual-{n}", created=None), "new": None} for n, envelope in kinds]
    result = read(folder / "ledger", write(folder / "log.jsonl", [*usual, *before, *unusual]))
    assert (result.total("new"), result.total("rejected")) == (2 * len(kinds) + 450, 0)
    return folder / "ledger"


@pytest.mark.parametrize("number", range(len(_ENVELOPES)))
def test_a_key_of_its_own_changes_nothing_else(ledger, number):
    def row(kind: str) -> list[tuple[Any, ...]]:
        sql = f"select {_COLUMNS} from request where starts_with(request_id, $id)"
        return query(ledger, sql, id=f"chatcmpl-{kind}-{number}-")

    assert len(row("usual")) == 1
    assert row("usual") == row("unusual")


def test_what_an_envelope_says(ledger):
    sql = (
        "select epoch_us(started_at), latency_ms, customer_id, user_id, feature, http_status, temperature, tags "
        "from request where starts_with(request_id, 'chatcmpl-usual-') order by request_id"
    )
    ten = 1793527200_000000  # 2026-11-01 10:00 UTC
    assert query(ledger, sql)[:5] == [
        (ten + 500_000, 12.0, "acme", "u1", None, None, None, '{"customer_id":"acme","user":"u1"}'),
        (1793700000_250000, 12.5, "in text", None, None, None, None, '{"customer_id": "in text","team":"blue"}'),
        (
            ten - 7200_000000,
            None,
            None,
            None,
            "chat",
            None,
            None,
            '{"feature":"chat","tags":"beta","metadata":"words","n":"1.5"}',
        ),
        (ten - 36000_000000, None, None, None, "search", 429, None, '{"feature":"search","env":"staging","ok":"true"}'),
        (ten, None, None, "u2", None, None, 0.2, '{"user":"u2"}'),
    ]


def test_a_body_in_a_text_is_read_after_many_that_are_objects(tmp_path):
    lines = [{"ts": "2026-11-01T10:00:00Z", "response": chat(f"object-{n:03}")} for n in range(450)]
    lines += [{"ts": "2026-11-01T10:00:00Z", "response": json.dumps(chat(f"text-{n}", prompt=7))} for n in range(3)]
    lines += [{"ts": "2026-11-01T10:00:00Z", "response": None}, {"ts": "2026-11-01T10:00:00Z", "response": "timed out"}]
    result = read(tmp_path / "ledger", write(tmp_path / "log.jsonl", lines))
    assert (result.total("new"), result.total("rejected")) == (453, 2)
    found = query(tmp_path / "ledger", "select count(*), sum(uncached_input_tokens)::int from request")
    assert found == [(453, 450 * 100 + 3 * 7)]


_PLACES: tuple[tuple[str, ...], ...] = (
    ("response",), ("body",), ("response_body",), ("completion",), ("result",), ("payload",), ("data",), ("event", "response"),
)  # fmt: skip


@pytest.mark.slow
def test_a_log_of_many_places_gives_each_line_once_and_names_the_line_that_is_none(tmp_path):
    lines: list[Any] = []
    for number in range(400):
        record: Any = chat(f"many-{number:03}")
        for key in reversed(_PLACES[number % len(_PLACES)]):
            record = {key: record}
        lines.append({"ts": "2026-11-01T10:00:00Z", **record})
    for place in (57, 183, 390):
        lines[place] = {"hello": place}
    # What is still being written has no end of its last line.
    (tmp_path / "log.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    result = read(tmp_path / "ledger", tmp_path / "log.jsonl")
    assert (result.total("new"), result.total("known"), result.total("rejected")) == (397, 0, 3)
    assert query(tmp_path / "ledger", "select line from reject order by line") == [(58,), (184,), (391,)]


_OTHERS_KEYS = ("requestId", "sessionId", "date", "request_time", "api_key", "attributes", "properties", "total_cost")
"""Keys of envelopes by which other sources know their records."""


def _with_others_keys() -> list[dict[str, Any]]:
    time = "2026-11-01T10:00:00Z"
    return [
        {
            "ts": time,
            key: {"team": "t"} if key in {"attributes", "properties"} else "2026",
            "response": chat(f"of-{key}"),
        }
        for key in _OTHERS_KEYS
    ]


@pytest.mark.parametrize("container", few(["lines", "array", "after many others", "pretty", "after a stream"], fast=3))
def test_a_key_that_another_source_has_keeps_no_envelope_out(tmp_path, container):
    lines = _with_others_keys()
    before: list[Any] = []
    if container == "after many others":
        before = [{"ts": "2026-11-01T10:00:00Z", "response": chat(f"other-{n}")} for n in range(450)]
    if container == "after a stream":
        message = {"id": "msg_01abc", "type": "message", "role": "assistant", "model": "claude-haiku-4-5"}
        usage = {"input_tokens": 5, "output_tokens": 1}
        started = {"type": "message_start", "timestamp": "2026-11-01T09:00:00Z", "message": {**message, "usage": usage}}
        before = [started, {"type": "message_delta", "delta": {}, "usage": {"output_tokens": 15}}]
    if container in {"array", "pretty"}:
        (tmp_path / "log.json").write_text(json.dumps(lines, indent=2 if container == "pretty" else None))
    else:
        write(tmp_path / "log.json", [*before, *lines])
    assert read(tmp_path / "ledger", tmp_path / "log.json").total("rejected") == 0
    sql = "select request_id, team from request where starts_with(request_id, 'chatcmpl-of-') order by request_id"
    assert query(tmp_path / "ledger", sql) == [
        (f"chatcmpl-of-{key}-0a1b2c3d", "t" if key in {"attributes", "properties"} else None)
        for key in sorted(_OTHERS_KEYS)
    ]


@pytest.mark.slow
def test_envelopes_with_more_keys_than_are_names_are_read(tmp_path):
    lines = [
        {
            "ts": "2026-11-01T10:00:00Z",
            "requestId": "r",
            **{f"k{n}-{m}": m for m in range(3)},
            "response": chat(f"{n:03}"),
        }
        for n in range(50)
    ]
    result = read(tmp_path / "ledger", write(tmp_path / "log.jsonl", lines))
    assert (result.total("new"), result.total("rejected")) == (50, 0)


def _tags(tmp_path, **envelope):
    line = {"ts": "2026-11-01T10:00:00Z", **envelope, "response": chat("tagged", created=None)}
    read(tmp_path / "ledger", write(tmp_path / "log.jsonl", [line]))
    ((tags, customer, user, feature),) = query(
        tmp_path / "ledger", "select tags, customer_id, user_id, feature from request"
    )
    return json.loads(tags or "{}"), customer, user, feature


def test_an_empty_value_or_a_placeholder_hides_none_that_comes_later(tmp_path):
    nobody = {"tenant_id": None, "feature": "", "user_id": "default_user_id"}
    tags, *who = _tags(tmp_path, metadata=nobody, tenant_id="acme", feature="chat", user_id="u-1")
    assert (tags, who) == (
        {"tenant_id": "acme", "feature": "chat", "user_id": "u-1"},
        ["acme", "u-1", "chat"],
    )


def test_a_placeholder_alone_is_nobody(tmp_path):
    assert _tags(tmp_path, user="default_user_id", metadata={"customer_id": "default_user_id"}) == (
        {},
        None,
        None,
        None,
    )


def test_words_of_a_prompt_are_no_tags_wherever_they_stand(tmp_path):
    said = "please summarise the contract"
    tags, *_ = _tags(
        tmp_path,
        metadata={
            "prompt": said, "query": "faq", "messages": [{"role": "user", "content": said}], "feature": "chat",
            "trace": {"steps": [{"input": said}]}, "app": {"name": "web"}, "note": "two words",
        },
        context={"system_prompt": said, "answer": "x" * 65},
    )  # fmt: skip
    assert tags == {"query": "faq", "feature": "chat", "app": '{"name":"web"}', "note": "two words"}


def test_both_lists_of_keys_that_hold_text_are_the_same():
    sql = resources.files("llmcost.ingest").joinpath("macros.sql").read_text("utf-8")
    with database.connect() as connection:
        connection.execute(sql)
        keys = "select list_filter($keys, lambda key: not regexp_full_match(key, text_keys()))"
        assert connection.execute(keys, {"keys": [*TEXT_KEYS, "feature"]}).fetchone() == (["feature"],)
