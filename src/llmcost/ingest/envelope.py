"""A log's own envelope around a provider's body: `{"ts": .., "user": .., "metadata": {..}, "response": {..}}`.

The body says what was used; the envelope says when, by whom and for what. Its scalar keys become tags, and so do the
keys of its `metadata`, `tags`, `labels` and `attributes` objects and of the request it kept. Keys that hold prompt or
answer text are never stored.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from llmcost.ingest.reader import NOT_UTF8, WHY_NOT_UTF8
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
    "request_model": ("model", "modelId", "model_id"),
    "ended_at": ("ended_at", "end_time", "endTime", "completed_at"),
}
_KEYS = (*_TIME_KEYS, *(key for keys in _SCALARS.values() for key in keys))
_REQUEST_PARAMETERS = (
    "/request/temperature",
    "/request/max_tokens",
    "/request/max_completion_tokens",
    "/request/model",
    "/request/modelId",
    "/request/user",
)
_POINTERS = tuple(f"/{key}" for key in _KEYS) + _REQUEST_PARAMETERS

_TAG_OBJECTS = ("metadata", "tags", "labels", "attributes", "request/metadata", "properties", "context")


_WRAPS = {
    "latency_ms": "number_of({})",
    "time_to_first_token_ms": "number_of({})",
    "http_status": "try_cast(count_of({}) as integer)",
    "attempt": "try_cast(count_of({}) as integer)",
    "ended_at": "instant({})",
}

Read = Callable[[str], str | None]
"""SQL for the text at a JSON pointer; None where there can be none."""


def _first(read: Read, pointers: Iterable[str], wrap: str = "filled({})") -> str:
    found = [wrap.format(sql) for pointer in pointers if (sql := read(pointer)) is not None]
    return f"coalesce({', '.join(found)}, null)" if found else "null"


def _columns(read: Read) -> dict[str, str]:
    """SQL for each column of `domain.request` that an envelope fills."""
    columns = {
        name: _first(read, (f"/{key}" for key in keys), _WRAPS.get(name, "filled({})"))
        for name, keys in _SCALARS.items()
    }
    requested = _first(read, ("/request/model", "/request/modelId")), columns["request_model"]
    return columns | {
        "temperature": _first(read, ("/request/temperature",), "number_of({})"),
        "max_output_tokens": _first(read, ("/request/max_completion_tokens", "/request/max_tokens"), "count_of({})"),
        "request_model": f"coalesce({', '.join(requested)})",
    }


TEXT_KEYS = (
    *(
        "prompt",
        "prompts",
        "input",
        "inputs",
        "output",
        "outputs",
        "completion",
        "text",
        "content",
        "message",
        "messages",
    ),
    *("question", "answer", "system", "system_prompt", "instructions", "query", "user_message", "assistant_message"),
    *("user_prompt", "user_input", "response_text", "request_body", "raw_request", "error_message", "headers"),
)
"""Keys that hold prompt or answer text."""

_NOT_TAGS = (*TEXT_KEYS, *_KEYS)

ENVELOPE_TIME = "envelope_time"
"""Column: when the envelope says the call began, UTC."""
ENVELOPE_COLUMNS = {name: f"envelope_{name}" for name in (*_SCALARS, "temperature", "max_output_tokens")}
"""Columns of `domain.request` the envelope fills where the body is silent, and the columns that hold them."""
ENVELOPE_TAGS = tuple(f"envelope_tags_{number}" for number in range(len(_TAG_OBJECTS) + 3))
"""Columns with pairs of tags, the first that has a key wins."""


RECORD_KEYS = "record_keys"
"""Column with the top-level keys of a record that may be an envelope."""
HAS_USUAL_KEYS = "has_usual_keys"
"""Column: whether it has no other keys than envelopes usually have."""


def usual_keys(siblings: Sequence[str]) -> str:
    """SQL for that column; `siblings` are the keys a sample of envelopes has."""
    keys = ", ".join(quote_literal(key) for key in siblings)
    return f"list_has_all([{keys}], {RECORD_KEYS})" if siblings else "false"


def envelope_layers(mounted: str, siblings: Sequence[str] = ()) -> tuple[str, ...]:
    """SELECT items, layer by layer, that read the envelope of records for which the predicate `mounted` holds.

    `siblings` are the keys a sample of such records has. Where a record has no others, as `HAS_USUAL_KEYS` says, only what
    those keys can mean is looked for; a record with a key of its own is asked for all there is to know.
    """
    pointers = _pointers(siblings)
    short = ", ".join(quote_literal(pointer) for pointer in pointers)
    items = {pointer: f"envelope_text_{number}" for number, pointer in enumerate(pointers, 1)}
    objects = {f"/{key}": f"envelope_object_{n}" for n, key in enumerate(_TAG_OBJECTS) if f"/{key}" in items}
    all_texts, all_objects = _quoted(_POINTERS), _quoted(f"/{key}" for key in _TAG_OBJECTS)
    parsed = [
        f"case when is_unusual then json_extract_string(whole_record, [{all_texts}]) end as envelope_all",
        f"case when is_unusual then json_extract(whole_record, [{all_objects}]) end as envelope_objects",
    ]
    if items:
        parsed.append(f"case when is_usual then json_extract_string(whole_record, [{short}]) end as envelope_usual")
    layers = [
        ", ".join(
            f"coalesce({mounted} and {of}, false) as {name}"
            for name, of in (("is_usual", HAS_USUAL_KEYS), ("is_unusual", f"not {HAS_USUAL_KEYS}"))
        ),
        ", ".join(parsed),
        ", ".join(f"envelope_usual[{number}] as {name}" for number, name in enumerate(items.values(), 1)),
        ", ".join(f"try_cast({items[pointer]} as json) as {name}" for pointer, name in objects.items()),
    ]
    expected = {
        ENVELOPE_TIME: _first(items.get, (f"/{key}" for key in _TIME_KEYS), "instant({})"),
        **{ENVELOPE_COLUMNS[name]: sql for name, sql in _columns(items.get).items()},
        **dict(
            zip(
                ENVELOPE_TAGS,
                (
                    *_object_tags(items.get, objects.get),
                    _scalar_tags(items, siblings),
                ),
                strict=True,
            )
        ),
    }
    whole = _generic()
    return (
        *(layer for layer in layers if layer),
        ", ".join(
            f"coalesce({sql}, case when is_unusual then {whole[name]} end) as {name}" for name, sql in expected.items()
        ),
    )


def _pointers(siblings: Sequence[str]) -> list[str]:
    """What an envelope with no keys but these can hold, of all that is read from envelopes."""
    known = (*_POINTERS, *(f"/{key}" for key in _TAG_OBJECTS))
    named = [pointer for pointer in known if pointer.split("/")[1] in siblings]
    return list(dict.fromkeys([*named, *(json_pointer(key) for key in siblings if key not in _NOT_TAGS)]))


def _quoted(texts: Iterable[str]) -> str:
    return ", ".join(quote_literal(text) for text in texts)


def _scalar_tags(items: Mapping[str, str], siblings: Sequence[str]) -> str:
    """SQL for the pairs of an envelope's own scalars."""
    keys = [key for key in siblings if key not in _NOT_TAGS]
    pairs = ", ".join(f"scalar_pair({quote_literal(key)}, {items[json_pointer(key)]})" for key in keys)
    return f"nullif(concat_ws(',', {pairs}), '')" if keys else "null"


def _object_tags(read: Read, objects: Read) -> list[str]:
    """SQL for the pairs of each object that holds tags, of a list of tags, and for whom the kept request names."""
    found = [objects(f"/{key}") for key in _TAG_OBJECTS]
    listed, user = objects("/tags"), read("/request/user")
    return [
        *("null" if sql is None else f"pairs_of({sql})" for sql in found),
        "null" if listed is None else f"nullif(pairs_of_list(list_of({listed}), 'tags'), '')",
        "null" if user is None else f"pair('user', {user})",
    ]


def _generic() -> dict[str, str]:
    """SQL for every column of an envelope of which nothing is known beforehand."""

    def read(pointer: str) -> str:
        return f"envelope_all[{_POINTERS.index(pointer) + 1}]"

    def objects(pointer: str) -> str:
        return f"envelope_objects[{_TAG_OBJECTS.index(pointer[1:]) + 1}]"

    time = f"list_filter(list_transform(envelope_all[1:{len(_TIME_KEYS)}], lambda v: instant(v)), lambda t: t is not null)[1]"
    scalars = f"pairs_of_scalars(whole_record, [{_quoted(_NOT_TAGS)}])"
    tags = zip(ENVELOPE_TAGS, (*_object_tags(read, objects), scalars), strict=True)
    return {ENVELOPE_TIME: time, **{ENVELOPE_COLUMNS[n]: sql for n, sql in _columns(read).items()}, **dict(tags)}


_TIMES = f"json_extract_string(whole_record, [{_quoted(f'/{key}' for key in _TIME_KEYS)}])"
STATES_TIME = f"len(list_filter({_TIMES}, lambda v: states_time(v))) > 0"
"""SQL: whether an envelope says when the call began, readable or not."""
TIME_PLACES = tuple((key,) for key in _TIME_KEYS)
"""Where an envelope may say when the call began."""


def why_no_time(record: bytes, places: Collection[Sequence[str]], unread: Iterable[Sequence[str]] = ()) -> str:
    """Why a record has no time: it states none at any of these places, or one that cannot be read.

    Of a body that stands in no envelope, `unread` are the places where an envelope would state it.
    """
    try:
        root = json.loads(record)
    except ValueError:
        root = None
    for place in places:
        value = root
        for key in place:
            value = value.get(key) if isinstance(value, dict) else None
        if isinstance(value, str) and NOT_UTF8 in value:
            return WHY_NOT_UTF8
        if _states_time(value):
            stated = value[:40] if isinstance(value, str) else value
            told = f"{'.'.join(place)} is {stated!r}, neither a date of ISO 8601 with month and day nor Unix time"
            return f"{told}; write it as 2026-11-20 10:00 (`--at` is for records without a time)"
    for place in unread:
        if isinstance(root, dict) and place not in places and root.get(place[0]) is not None:
            told = f"`{place[0]}` stands beside the answer's own keys, where nothing of a log's own is read"
            return f"{told}; put the answer under `response`, or `--at ISO|mtime` assumes a time"
    return "no time in the record; `--at ISO|mtime` assumes one"


def _states_time(value: object) -> bool:
    """As the macro `states_time` does."""
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return False
    text = str(value).strip().lower()
    if text in {"", "none", "null", "nan", "nat"} or text.startswith("0001-01-01"):
        return False
    try:
        return float(value) >= 1e7
    except ValueError:
        return True
