"""A log of every shape that stands on lines of its own, with ids and without, whole and in parts: sixty calls or so.

Records without an id differ in content or hold a fraction of a second, so that reading any of them twice, in any file, is
the same call. Shapes that only make sense in sequence are not here: their files cannot be cut at any line.
"""

from collections.abc import Iterator
from typing import Any

from tests.ingesting import chat, native

Record = dict[str, Any]


def mixed_log() -> list[Record]:
    """The records, in the order they were written."""
    return list(_records())


def short_log() -> list[Record]:
    """Of them those of one provider and of llmcost's own: ids, weak ids and none, streams, calls met twice. 40 calls."""
    return [record for n in range(4) for part in (_chats, _own_without_ids, _own) for record in part(n)]


def _records() -> Iterator[Record]:
    for n in range(4):
        yield from _chats(n)
        yield from _openai(n)
        yield from _anthropic(n)
        yield from _gateways(n)
        yield from _without_ids(n)
        yield from _other_providers(n)


def _chats(n: int) -> Iterator[Record]:
    yield chat(f"bare{n}", prompt=100 + n, metadata={"customer_id": "acme", "feature": "search"})
    yield {
        "ts": f"2026-11-03T10:00:0{n}.125Z",
        "user": f"u-{n}",
        "metadata": {"env": "prod"},
        "response": chat(f"enveloped{n}"),
    }
    # One call met bare and in an envelope that knows more about it.
    yield chat(f"twice{n}", completion=20)
    yield {"ts": f"2026-11-03T10:01:0{n}Z", "provider": "azure", "response": chat(f"twice{n}", completion=20)}
    # A stream: only its last chunk counts tokens.
    chunk = {**chat(f"stream{n}"), "object": "chat.completion.chunk", "usage": None}
    yield chunk
    yield {**chunk, "usage": {"prompt_tokens": 40 + n, "completion_tokens": 9, "total_tokens": 49 + n}}
    # A local server that counts its answers from one: neither id is one.
    yield {
        "ts": f"2026-11-03T10:02:0{n}Z",
        "response": {**chat("local"), "id": f"chatcmpl-{n % 2}", "created": 1793700100 + n},
    }


def _openai(n: int) -> Iterator[Record]:
    body = {
        "id": f"resp_{n}a1b2c3d4",
        "object": "response",
        "created_at": 1793700200 + n,
        "model": "gpt-5.4",
        "output": [],
    }
    yield {**body, "status": "in_progress", "usage": None}
    usage = {"input_tokens": 70, "input_tokens_details": {"cached_tokens": 30}, "output_tokens": 8, "total_tokens": 78}
    yield {**body, "status": "completed", "completed_at": 1793700203 + n, "usage": usage}
    answer = {"status_code": 200, "request_id": f"req_{n}", "body": chat(f"batch{n}", prompt=500)}
    yield {"id": f"batch_req_{n}", "custom_id": f"ticket-{n}", "response": answer, "error": None}


def _anthropic(n: int) -> Iterator[Record]:
    usage = {
        "input_tokens": 12,
        "cache_read_input_tokens": 2000,
        "cache_creation_input_tokens": 100,
        "output_tokens": 60 + n,
    }
    message = {
        "id": f"msg_01Mixed{n}",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4-6",
        "content": [],
    }
    yield {
        "ts": f"2026-11-03T11:00:0{n}Z",
        "team": "core",
        "response": {**message, "stop_reason": "end_turn", "usage": usage},
    }
    line = {"type": "assistant", "sessionId": f"s-{n}", "uuid": f"u-{n}", "timestamp": f"2026-11-03T12:00:0{n}.500Z"}
    said = {**message, "id": f"msg_01Code{n}", "usage": {"input_tokens": 5, "output_tokens": 1}, "stop_reason": None}
    yield {**line, "message": said}
    yield {
        **line,
        "uuid": f"v-{n}",
        "message": {**said, "usage": {"input_tokens": 5, "output_tokens": 77}, "stop_reason": "end_turn"},
    }


def _gateways(n: int) -> Iterator[Record]:
    yield {
        "request_id": f"litellm-{n}-0a1b2c", "call_type": "acompletion", "startTime": f"2026-11-04T08:00:0{n}.100Z",
        "endTime": f"2026-11-04T08:00:0{n}.900Z", "spend": 0.00125, "model": "gpt-5.4", "custom_llm_provider": "openai",
        "prompt_tokens": 300, "completion_tokens": 40, "total_tokens": 340, "end_user": "globex", "request_tags": ["feature:chat"],
        "metadata": {"user_api_key_team_alias": "web"}, "status": "success", "cache_hit": "False",
    }  # fmt: skip


def _without_ids(n: int) -> Iterator[Record]:
    embedded = {
        "object": "list",
        "data": [],
        "model": "text-embedding-3-small",
        "usage": {"prompt_tokens": 8, "total_tokens": 8},
    }
    yield {"timestamp": f"2026-11-05T09:00:00.{n}01Z", "customer": "acme", "response": embedded}
    yield from _own_without_ids(n)


def _own_without_ids(n: int) -> Iterator[Record]:
    yield native(timestamp=f"2026-11-05T10:00:00.{n}05Z", customer_id="acme")
    # The same second and the same counts: only whom they were for tells these apart.
    yield native(customer_id=f"customer-{n}")
    yield native(project=f"project-{n}", team="core")
    yield native(tags={"tenant": f"tenant-{n}"})


def _other_providers(n: int) -> Iterator[Record]:
    counts = {"promptTokenCount": 500 + n, "candidatesTokenCount": 20, "totalTokenCount": 520 + n}
    body = {
        "candidates": [],
        "usageMetadata": counts,
        "modelVersion": "gemini-2.5-flash",
        "createTime": "2026-11-03T10:00:09Z",
    }
    yield {**body, "responseId": f"gemini{n}Ab2Cd3"}
    yield {"key": f"row-{n}", "response": {**body, "responseId": f"geminibatch{n}Ab2"}}
    yield from _own(n)


def _own(n: int) -> Iterator[Record]:
    yield native(request_id=f"native-{n}", provider="openrouter", model="anthropic/claude-sonnet-4.6")
    yield native(request_id=f"native-{n}", model="anthropic/claude-sonnet-4.6", feature="search", output_tokens=11)
