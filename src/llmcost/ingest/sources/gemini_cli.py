"""Chats of Gemini CLI: `~/.gemini/tmp/<project>/chats/session-*.json` and `.jsonl`.

`input` is the prompt with what was read from a cache, `output` leaves out `thoughts`, and what tools put into the prompt
stands apart in `tool`. The later of two lines with one id replaces the first; what a user rewound was billed all the same
(https://github.com/google-gemini/gemini-cli, packages/core/src/services/chatRecordingTypes.ts).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from llmcost.ingest.source import Numbered, Record, Source

_KINDS = frozenset(("user", "gemini", "info", "error", "warning"))


def is_chat(record: Record) -> bool:
    """A whole chat, or a line of one."""
    if "sessionId" in record and "projectHash" in record:
        return True
    if record.keys() in ({"$set"}, {"$rewindTo"}):
        return True
    kind = record.get("type")
    return (
        isinstance(kind, str)
        and kind in _KINDS
        and {"id", "timestamp", "content"} <= record.keys()
        and "message" not in record
    )


def _calls(records: Iterable[Numbered], lineage: Mapping[str, str]) -> Iterator[Numbered]:
    """One record `gemini_cli_call` per answer."""
    session: Any = None
    project: Any = None
    found: dict[str, Numbered] = {}
    for line, record in records:
        changed = record.get("$set")
        source = changed if isinstance(changed, dict) else record
        session, project = source.get("sessionId", session), source.get("projectHash", project)
        messages = source.get("messages")
        for place, message in enumerate(messages if isinstance(messages, list) else [source]):
            if (
                isinstance(message, dict)
                and message.get("type") == "gemini"
                and isinstance(message.get("tokens"), dict)
            ):
                call = {key: message.get(key) for key in ("id", "timestamp", "model", "tokens")}
                known = {"session": session, "project": project}
                name = message.get("id") or f"{line} {place}"
                found[f"{session} {name}"] = line, {"gemini_cli_call": {**call, **known}}
    yield from found.values()


_CALL = "gemini_cli_call"
_KNOWN = "$input is not null or $output is not null"

source = Source(
    title="Gemini CLI chats",
    revision=2,
    issuer="'gemini-cli'",
    claims=f"@{_CALL}.tokens:json is not null",
    recognises_stream=is_chat,
    stream=_calls,
    steps={
        "input": f"#{_CALL}.tokens.input",
        "output": f"#{_CALL}.tokens.output",
        "cached": f"coalesce(#{_CALL}.tokens.cached, 0)",
        "tool": f"coalesce(#{_CALL}.tokens.tool, 0)",
        "thoughts": f"coalesce(#{_CALL}.tokens.thoughts, 0)",
    },
    fields={
        "request_id": f"filled(@{_CALL}.id)",
        "started_at": f"@{_CALL}.timestamp:time",
        "provider": "'google'",
        "response_model": f"filled(@{_CALL}.model)",
        "session_id": f"filled(@{_CALL}.session)",
        "project": f"filled(@{_CALL}.project)",
        "uncached_input_tokens": "beyond($input, $cached) + $tool",
        "cache_read_tokens": f"case when {_KNOWN} then $cached end",
        "cache_write_5m_tokens": f"case when {_KNOWN} then 0 end",
        "cache_write_1h_tokens": f"case when {_KNOWN} then 0 end",
        "output_text_tokens": "$output",
        "reasoning_tokens": f"case when {_KNOWN} then $thoughts end",
    },
)
