"""Messages bodies of Anthropic, also as served by Bedrock and Vertex, and the events of a Messages stream.

`input_tokens` excludes cache reads and writes; thinking is inside `output_tokens`. The body states no time: the envelope
does, or `--at`. A stream's `message_start` holds the message, its `message_delta` events cumulative usage
(https://docs.anthropic.com/en/docs/build-with-claude/streaming).
"""

from collections.abc import Iterable, Iterator, Mapping

from llmcost.ingest.source import Numbered, Record, Source
from llmcost.ingest.sources._anthropic import needs_parts_at, parts_at, usage_fields, usage_steps

_EVENTS = frozenset(
    (
        "message_start",
        "message_delta",
        "message_stop",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "ping",
    )
)


def _is_event(record: Record) -> bool:
    if record.get("type") == "message_start":
        return isinstance(record.get("message"), dict)
    return record.get("type") in _EVENTS and "message" not in record


def _messages(events: Iterable[Numbered], lineage: Mapping[str, str]) -> Iterator[Numbered]:
    """One message per `message_start`, with what its `message_delta` events say last."""
    line, message = 0, None
    for number, event in events:
        if event["type"] == "message_start":
            if message is not None:
                yield line, message
            line, message = number, dict(event["message"])
        elif event["type"] == "message_delta" and message is not None:
            usage, later = message.get("usage"), event.get("usage")
            known = usage if isinstance(usage, dict) else {}
            stated = later if isinstance(later, dict) else {}
            message["usage"] = {**known, **{key: value for key, value in stated.items() if value is not None}}
            delta = event.get("delta")
            message |= {
                key: value for key, value in (delta if isinstance(delta, dict) else {}).items() if value is not None
            }
        elif event["type"] == "message_stop" and message is not None:
            yield line, message
            message = None
    if message is not None:
        yield line, message


source = Source(
    title="Anthropic messages",
    issuer="'anthropic'",
    claims="@type = 'message' and @role = 'assistant' and @model is not null",
    body=True,
    weak_ids=True,
    steps=usage_steps(),
    fields={
        "request_id": "filled(@id)",
        "provider": "case when starts_with(@id, 'msg_bdrk_') then 'aws' when starts_with(@id, 'msg_vrtx_') then 'vertex' end",
        "response_model": "filled(@model)",
        "final": "@stop_reason is not null",
        **usage_fields(),
    },
    needs_parts=needs_parts_at(),
    parts=parts_at(),
    recognises_stream=_is_event,
    stream=_messages,
)
