"""A log's own envelope around a provider's body: `{"ts": .., "user": .., "metadata": {..}, "response": {..}}`.

The body says what was used; the envelope says when, by whom and for what. Its scalar keys become tags, and so do the
keys of its `metadata`, `tags`, `labels` and `attributes` objects and of the request it kept. Keys that hold prompt or
answer text are never stored.
"""

import json
from collections.abc import Sequence

from llmcost.ledger.identifiers import json_pointer, quote_literal

MOUNTS: tuple[tuple[str, ...], ...] = (
    ("response",),
    ("response", "body"),
    ("response", "json"),
    ("response", "data"),
    ("body",),
    ("body", "response"),
    ("response_body",),
    ("raw_response",),
    ("llm_response",),
    ("provider_response",),
    ("api_response",),
    ("completion",),
    ("resp",),
    ("result",),
    ("output",),
    ("message",),
    ("data",),
    ("data", "response"),
    ("payload",),
    ("payload", "response"),
    ("event", "response"),
    ("record",),
)
"""Where logs keep the provider's body, in the order they are tried."""

_TIME_KEYS = (
    "started_at",
    "start_time",
    "startTime",
    "ts",
    "timestamp",
    "time",
    "@timestamp",
    "created_at",
    "createdAt",
    "request_time",
    "requested_at",
    "logged_at",
    "event_time",
    "datetime",
    "date",
)
_SCALARS = {
    "latency_ms": ("latency_ms", "duration_ms", "response_time_ms", "elapsed_ms", "latencyMs", "durationMs"),
    "time_to_first_token_ms": ("time_to_first_token_ms", "ttft_ms", "first_token_ms"),
    "http_status": ("http_status", "status_code", "statusCode", "http_status_code", "status"),
    "attempt": ("attempt", "attempt_no"),
    "provider": ("provider", "llm_provider", "vendor"),
    "trace_id": ("trace_id", "traceId"),
    "parent_id": ("parent_id", "span_parent_id"),
    "session_id": ("session_id", "sessionId", "conversation_id", "thread_id"),
    "api_key_id": ("api_key_id", "api_key_alias", "key_alias"),
    "request_model": ("model",),
    "ended_at": ("ended_at", "end_time", "endTime", "completed_at"),
}
_KEYS = (*_TIME_KEYS, *(key for keys in _SCALARS.values() for key in keys))
_REQUEST_PARAMETERS = (
    "/request/temperature",
    "/request/max_tokens",
    "/request/max_completion_tokens",
    "/request/model",
    "/request/user",
)
_POINTERS = tuple(f"/{key}" for key in _KEYS) + _REQUEST_PARAMETERS

_TAG_OBJECTS = ("metadata", "tags", "labels", "attributes", "request/metadata", "properties", "context")


def _value(pointer: str) -> str:
    return f"envelope[{_POINTERS.index(pointer) + 1}]"


def _first(keys: tuple[str, ...], wrap: str = "filled({})") -> str:
    return "coalesce(" + ", ".join(wrap.format(_value(f"/{key}")) for key in keys) + ", null)"


_WRAPS = {
    "latency_ms": "number_of({})",
    "time_to_first_token_ms": "number_of({})",
    "http_status": "try_cast(count_of({}) as integer)",
    "attempt": "try_cast(count_of({}) as integer)",
    "ended_at": "instant({})",
}

_COLUMNS = {name: _first(keys, _WRAPS.get(name, "filled({})")) for name, keys in _SCALARS.items()} | {
    "temperature": f"number_of({_value('/request/temperature')})",
    "max_output_tokens": f"coalesce(count_of({_value('/request/max_completion_tokens')}), "
    f"count_of({_value('/request/max_tokens')}))",
    "request_model": f"coalesce(filled({_value('/request/model')}), {_first(_SCALARS['request_model'])})",
}
_TEXT_KEYS = (
    *("prompt", "prompts", "input", "inputs", "output", "outputs", "completion", "text", "content", "messages"),
    *("question", "answer", "system", "system_prompt", "instructions", "query", "user_message", "assistant_message"),
    *(
        "user_prompt",
        "user_input",
        "response_text",
        "request_body",
        "raw_request",
        "error_message",
        "message",
        "headers",
    ),
)

_NOT_TAGS = (*_TEXT_KEYS, *_KEYS)

_OBJECT_TAGS = (
    *(f"pairs_of(envelope_objects[{number}])" for number, _ in enumerate(_TAG_OBJECTS, 1)),
    f"pairs_of_list(list_of(envelope_objects[{_TAG_OBJECTS.index('tags') + 1}]), 'tags')",
    f"pair('user', {_value('/request/user')})",
)

_TIME = (
    f"list_filter(list_transform(envelope[1:{len(_TIME_KEYS)}], lambda v: instant(v)), lambda t: t is not null)[1]"
    " as envelope_time"
)

ENVELOPE_TIME = "envelope_time"
"""Column: when the envelope says the call began, UTC."""
ENVELOPE_COLUMNS = {name: f"envelope_{name}" for name in _COLUMNS}
"""Columns of `domain.request` the envelope fills where the body is silent, and the columns that hold them."""
ENVELOPE_TAGS = tuple(f"envelope_tags_{number}" for number in range(len(_OBJECT_TAGS) + 1))
"""Columns with pairs of tags, the first that has a key wins."""


def envelope_layers(mounted: str, siblings: Sequence[str] = ()) -> tuple[str, ...]:
    """SELECT items, layer by layer, that read the envelope of records for which the predicate `mounted` holds.

    `siblings` are the keys a sample of such records has. Where a record has no others, its scalars are read with the rest
    in one pass; only a record with a key of its own is walked key by key.
    """
    known = [key for key in siblings if key not in _NOT_TAGS]
    pointers = ", ".join(quote_literal(p) for p in (*_POINTERS, *(json_pointer(key) for key in known)))
    objects = ", ".join(quote_literal(f"/{key}") for key in _TAG_OBJECTS)
    scalars = f"pairs_of_scalars(whole_record, [{', '.join(quote_literal(key) for key in _NOT_TAGS)}])"
    if siblings:
        pairs = ", ".join(
            f"scalar_pair({quote_literal(key)}, envelope[{number}])"
            for number, key in enumerate(known, len(_POINTERS) + 1)
        )
        keys = ", ".join(quote_literal(key) for key in siblings)
        scalars = (
            f"case when list_has_all([{keys}], json_keys(whole_record)) "
            f"then {f'concat_ws({chr(39)},{chr(39)}, {pairs})' if known else 'null'} else {scalars} end"
        )
    return (
        f"""case when {mounted} then json_extract_string(whole_record, [{pointers}]) end as envelope,
            case when {mounted} then json_extract(whole_record, [{objects}]) end as envelope_objects""",
        ", ".join(
            (
                _TIME,
                *(f"{sql} as {ENVELOPE_COLUMNS[name]}" for name, sql in _COLUMNS.items()),
                *(
                    f"case when {mounted} then {sql} end as {name}"
                    for name, sql in zip(ENVELOPE_TAGS, (*_OBJECT_TAGS, scalars), strict=True)
                ),
            )
        ),
    )


def why_no_time(record: bytes) -> str:
    """Why a record has no time: it states none, or one that cannot be read."""
    try:
        found = json.loads(record)
    except ValueError:
        found = {}
    for key in _TIME_KEYS if isinstance(found, dict) else ():
        value = found.get(key)
        if isinstance(value, str) and value.strip():
            return f"{key} is {value[:40]!r}, neither ISO 8601 nor Unix time; `--at ISO|mtime` assumes a time"
    return "no time in the record; `--at ISO|mtime` assumes one"
