"""Log events of coding agents that tell what one call used: Claude Code, Gemini CLI, Codex.

Their telemetry sends one OTLP log record for each answer. What the three call their numbers is evened out here; prompts and
answers, which such records may hold as well, are not looked at.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from llmcost.ingest.source import Record
from llmcost.ingest.sources._span_attributes import tags_of

_NOT_TAGS = ("telemetry.", "process.", "host.", "os.", "service.instance", "wsl.")
_LONGEST_TAG = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """How one agent spells a call."""

    agent: str
    provider: str
    names: Mapping[str, str]
    """Our word -> the attribute."""
    only: tuple[str, str] | None = None
    """An attribute and the value it has on a call, where other events share the name."""


_EVENTS = {
    "claude_code.api_request": Event(
        agent="claude-code",
        provider="anthropic",
        names={
            "input": "input_tokens",
            "output": "output_tokens",
            "cached": "cache_read_tokens",
            "written": "cache_creation_tokens",
            "cost": "cost_usd",
            "speed": "speed",
        },
    ),
    "gemini_cli.api_response": Event(
        agent="gemini-cli",
        provider="google",
        names={
            "input": "input_token_count",
            "output": "output_token_count",
            "cached": "cached_content_token_count",
            "reasoning": "thoughts_token_count",
            "tool": "tool_token_count",
            "http_status": "status_code",
        },
    ),
    "codex.sse_event": Event(
        agent="codex",
        provider="openai",
        names={
            "input": "input_token_count",
            "output": "output_token_count",
            "cached": "cached_token_count",
            "written": "cache_write_token_count",
            "reasoning": "reasoning_token_count",
        },
        only=("event.kind", "response.completed"),
    ),
}
EVENT_HEAD: Record = {
    "trace_id": None,
    "span_id": None,
    "parent_id": None,
    "dialect": "event",
    "role": "other",
    "wraps": False,
    "usage": False,
}
"""What an agent's event that is no call says as a span."""
_SESSIONS = ("session.id", "conversation.id")
_AGENTS = ("claude_code.", "gemini_cli.", "codex.")
"""How the names of their events begin."""


def event_of(record: Record, attributes: Record) -> Event | None:
    """The agent's event that a log record is, if it is a call with usage."""
    found = next((_EVENTS[name] for name in _names(record, attributes) if name in _EVENTS), None)
    if found is None or attributes.get(found.names["input"]) is None:
        return None
    if found.only is not None and attributes.get(found.only[0]) != found.only[1]:
        return None
    return found


def is_agents(record: Record, attributes: Record) -> bool:
    """Whether a log record is an agent's, a call or not."""
    return any(name.startswith(_AGENTS) for name in _names(record, attributes))


def _names(record: Record, attributes: Record) -> list[str]:
    """What a log record says its event is called."""
    body = record.get("body")
    stated = (
        record.get("eventName"),
        attributes.get("event.name"),
        body.get("stringValue") if isinstance(body, dict) else body,
    )
    return [name for name in stated if isinstance(name, str)]


def flat_event(event: Event, record: Record, attributes: Record, resource: Record) -> Record:
    """The call as a flat record, in the shape of a span's."""
    session = next((attributes[key] for key in _SESSIONS if attributes.get(key)), None)
    time = record.get("timeUnixNano") or record.get("observedTimeUnixNano")
    words = {word: attributes[name] for word, name in event.names.items() if attributes.get(name) is not None}
    head = {
        **EVENT_HEAD,
        "span_id": None if session is None else _id(session, attributes, time),
        "ended_at": None if time in (None, 0, "0", "") else str(time),
        "role": "call",
        "usage": True,
    }
    about = {
        "agent": event.agent,
        "provider": event.provider,
        "model": attributes.get("model"),
        "session": session,
        "duration": attributes.get("duration_ms"),
        "stated_time": attributes.get("event.timestamp"),
    }
    return {"otlp_span": head, "event": {**words, **about}, "tags": _tags(attributes, resource)}


def _id(session: object, attributes: Record, time: object) -> str:
    """What tells a call of a session from its others.

    A session that is resumed counts its events anew, and an agent without such a count may make two calls in a millisecond.
    """
    told = (
        attributes.get("event.sequence"),
        attributes.get("event.timestamp") or time,
        attributes.get("request_id") or attributes.get("model"),
    )
    return ":".join(str(one) for one in (session, *told) if one not in (None, ""))


def _tags(attributes: Record, resource: Record) -> dict[str, str]:
    """Who it was for: what spans say as well, and every attribute of the resource, where companies name teams and cost centers."""
    named = {
        "user_email": attributes.get("user.email"),
        "organization_id": attributes.get("organization.id"),
        **{key: value for key, value in resource.items() if not key.startswith(_NOT_TAGS)},
    }
    texts = {key: str(value) for key, value in named.items() if isinstance(value, str | int | float) and value != ""}
    return {key: text for key, text in texts.items() if len(text) <= _LONGEST_TAG} | tags_of({**resource, **attributes})
