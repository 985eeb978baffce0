"""Events of an OpenAI Realtime session: each `response.done` is a call.

Input includes cached tokens, and each modality's count includes what was cached of it; a turn's whole conversation counts
as input again. The event does not name the model: the session's own events do, or the envelope
(https://platform.openai.com/docs/api-reference/realtime-server-events/response/done,
https://platform.openai.com/docs/guides/realtime-costs). What transcribes the user's audio beside the call is billed apart
and not read.
"""

from collections.abc import Iterable, Iterator, Mapping

from llmcost.ingest.source import Numbered, Record, Source

_KINDS = ("session.", "response.", "conversation.", "input_audio_buffer.", "output_audio_buffer.", "rate_limits.")
_RESPONSE = "realtime.response"
_KNOWN = "$input is not null or $output is not null"


def is_event(record: Record) -> bool:
    """A server event as it came over the wire."""
    kind = record.get("type")
    return isinstance(kind, str) and kind.startswith(_KINDS) and isinstance(record.get("event_id"), str)


def _responses(events: Iterable[Numbered], lineage: Mapping[str, str]) -> Iterator[Numbered]:
    """The response of every `response.done`, with the model its session was opened with."""
    model = None
    for line, event in events:
        session, response = event.get("session"), event.get("response")
        if isinstance(session, dict) and isinstance(session.get("model"), str):
            model = session["model"]
        if event["type"] == "response.done" and isinstance(response, dict):
            rest = {key: value for key, value in event.items() if key not in {"type", "event_id", "response"}}
            yield line, {**rest, "response": {"model": model, **response, "object": _RESPONSE}}


def _cached(modality: str) -> str:
    return f"coalesce(#usage.input_token_details.cached_tokens_details.{modality}_tokens, 0)"


source = Source(
    title="OpenAI Realtime events",
    revision=2,
    issuer="'openai'",
    claims=f"@object = '{_RESPONSE}'",
    body=True,
    weak_ids=True,
    recognises_stream=is_event,
    stream=_responses,
    events_at={("response",): "starts_with(@type, 'response.') and @event_id is not null"},
    steps={
        "input": "#usage.input_tokens",
        "output": "#usage.output_tokens",
        "cached": "coalesce(#usage.input_token_details.cached_tokens, 0)",
        "cached_audio": _cached("audio"),
        "fresh_audio": f"greatest(coalesce(#usage.input_token_details.audio_tokens, 0) - {_cached('audio')}, 0)",
        "fresh_image": f"greatest(coalesce(#usage.input_token_details.image_tokens, 0) - {_cached('image')}, 0)",
        "audio_out": "coalesce(#usage.output_token_details.audio_tokens, 0)",
        "reasoning": "coalesce(#usage.output_token_details.reasoning_tokens, 0)",
    },
    fields={
        "request_id": "filled(@id)",
        "provider": "'openai'",
        "response_model": "filled(@model)",
        "operation": "'realtime'",
        "session_id": "filled(@conversation_id)",
        # A turn the user cut short is billed for what it said until then.
        "status": """case @status when 'failed' then 'error' when 'cancelled' then 'cancelled'
            when 'incomplete' then 'incomplete' end""",
        "error_type": "coalesce(filled(@status_details.error.type), filled(@status_details.error.code))",
        "uncached_input_tokens": "beyond($input, $cached + $fresh_audio + $fresh_image)",
        "input_audio_tokens": "nullif($fresh_audio, 0)",
        "input_image_tokens": "nullif($fresh_image, 0)",
        "cache_read_tokens": f"case when {_KNOWN} then greatest($cached - $cached_audio, 0) end",
        "cache_read_audio_tokens": "nullif($cached_audio, 0)",
        "cache_write_5m_tokens": f"case when {_KNOWN} then 0 end",
        "cache_write_1h_tokens": f"case when {_KNOWN} then 0 end",
        "output_text_tokens": "beyond($output, $audio_out + $reasoning)",
        "output_audio_tokens": "nullif($audio_out, 0)",
        "reasoning_tokens": f"case when {_KNOWN} then $reasoning end",
    },
    tags=("pairs_of(@metadata:json)",),
)
