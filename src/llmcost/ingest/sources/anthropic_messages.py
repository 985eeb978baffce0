"""Messages bodies of Anthropic, also as served by Bedrock and Vertex, and the events of a Messages stream.

`input_tokens` excludes cache reads and writes; thinking is inside `output_tokens`. The body states no time: the envelope
does, or `--at`. A stream's `message_start` holds the message, its `message_delta` events cumulative usage
(https://docs.anthropic.com/en/docs/build-with-claude/streaming). What a log writes beside a `message_start` is the
message's envelope; a `request_id` or the like beside every event tells streams apart that run at the same time.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from llmcost.ingest.source import Numbered, Record, Source, Stray
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


_STREAM_IDS = ("request_id", "requestId", "stream_id", "message_id", "trace_id", "traceId")
"""Keys that logs write beside an event to say whose it is."""


def _is_event(record: Record) -> bool:
    if record.get("type") == "message_start":
        return isinstance(record.get("message"), dict)
    kind = record.get("type")
    return isinstance(kind, str) and kind in _EVENTS and "message" not in record


@dataclass(slots=True, kw_only=True)
class _Open:
    """A message that has begun and not ended."""

    line: int
    envelope: Record
    """What the log wrote beside the event."""
    message: Record

    def add(self, event: Record) -> None:
        """What a `message_delta` says of it."""
        usage, later, delta = self.message.get("usage"), event.get("usage"), event.get("delta")
        known = usage if isinstance(usage, dict) else {}
        self.message["usage"] = {**known, **_stated(later)}
        self.message |= _stated(delta)

    def record(self) -> Numbered:
        """The message, in an envelope if it has one."""
        return self.line, {**self.envelope, "message": self.message} if self.envelope else self.message


def _stated(value: Any) -> Record:
    return {key: one for key, one in value.items() if one is not None} if isinstance(value, dict) else {}


def _stream_of(event: Record) -> str | None:
    """What the log calls the stream of an event; None where it does not say."""
    return next((str(event[key]) for key in _STREAM_IDS if event.get(key)), None)


def _messages(events: Iterable[Numbered], lineage: Mapping[str, str]) -> Iterator[Numbered | Stray]:
    """One message per `message_start`, with what its `message_delta` events say last.

    A message that another follows without an end was broken off, or goes on beside it: an end too many tells which.
    """
    begun: dict[str | None, _Open] = {}
    cut = told = 0
    for line, event in events:
        kind, stream = event["type"], _stream_of(event)
        if kind == "message_start":
            if stream in begun:
                cut += 1
                yield begun.pop(stream).record()
            envelope = {key: value for key, value in event.items() if key not in {"type", "message"}}
            begun[stream] = _Open(line=line, envelope=envelope, message=dict(event["message"]))
            continue
        if stream not in begun and len(begun) == 1 and None in {stream, *begun}:
            # Only some of its events name the stream.
            stream = next(iter(begun))
        if kind == "message_delta" and stream in begun:
            begun[stream].add(event)
        elif kind == "message_delta" and _stated(event.get("usage")):
            told += 1
            yield Stray(line=line, record=event, reason="usage in a message_delta without its message_start")
        elif kind == "message_stop" and stream in begun:
            yield begun.pop(stream).record()
        elif kind == "message_stop" and told:
            told -= 1
        elif kind == "message_stop" and cut:
            cut -= 1
            yield Stray(line=line, record=event, reason=_SIDE_BY_SIDE)
    for message in begun.values():
        yield message.record()


_SIDE_BY_SIDE = "events of streams side by side that nothing tells apart: the output of one is not known"


source = Source(
    title="Anthropic messages",
    revision=3,
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
    events_at={("message",): "@type = 'message_start'"},
)
