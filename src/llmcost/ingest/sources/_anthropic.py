"""Anthropic's usage object, wherever it stands: Messages bodies, batch results, Claude Code transcripts.

`input_tokens` excludes cache reads and writes; `cache_creation` splits writes by lifetime; thinking is inside
`output_tokens` (https://docs.anthropic.com/en/api/messages). A request may sample several times: the top-level counts
leave out `compaction` and `advisor_message` passes, which are billed as well, the advisor at the price of its own model
(https://docs.anthropic.com/en/docs/build-with-claude/compaction). `parts_at` gives each of them a record of its own.
"""

from collections.abc import Callable, Iterator
from typing import Any

from llmcost.ingest.source import Record

PART_KEY = "llmcost_part"
"""Key set on the message of a record that `parts_at` made: which pass it is, the call itself being 0."""


def usage_steps(usage: str = "usage") -> dict[str, str]:
    """What the usage object at path `usage` says."""
    created = f"{usage}.cache_creation"
    return {
        "input": f"#{usage}.input_tokens",
        "output": f"#{usage}.output_tokens",
        "cache_read": f"coalesce(#{usage}.cache_read_input_tokens, 0)",
        "written": f"coalesce(#{usage}.cache_creation_input_tokens, 0)",
        "written_5m": f"coalesce(#{created}.ephemeral_5m_input_tokens, 0)",
        "written_1h": f"coalesce(#{created}.ephemeral_1h_input_tokens, 0)",
        "thinking": f"coalesce(#{usage}.output_tokens_details.thinking_tokens, 0)",
        "searches": f"#{usage}.server_tool_use.web_search_requests",
        "known": f"#{usage}.input_tokens is not null or #{usage}.output_tokens is not null",
    }


def usage_fields(usage: str = "usage", message: str = "") -> dict[str, str]:
    """Columns filled from `usage_steps(usage)`; `message` is the path of the message that holds the usage."""
    prefix = f"{message}." if message else ""
    return {
        "part": f"try_cast(#{prefix}{PART_KEY} as integer)",
        "uncached_input_tokens": "$input",
        "cache_read_tokens": "case when $known then $cache_read end",
        # What the split leaves out of the total has the default lifetime, 5 minutes.
        "cache_write_5m_tokens": "case when $known then greatest($written_5m, $written - $written_1h) end",
        "cache_write_1h_tokens": "case when $known then $written_1h end",
        "output_text_tokens": "beyond($output, $thinking)",
        "reasoning_tokens": "case when $known then $thinking end",
        "web_searches": "nullif($searches, 0)",
        "service_tier": f"nullif(filled(@{usage}.service_tier), 'batch')",
        "processing": f"case when @{usage}.service_tier = 'batch' then 'batch' end",
        "speed": f"filled(@{usage}.speed)",
        "inference_region": f"nullif(filled(@{usage}.inference_geo), 'not_available')",
    }


def needs_parts_at(usage: str = "usage") -> str:
    """SQL predicate: the usage object at this path lists passes besides the message itself."""
    return f"""regexp_matches(@{usage}.iterations, '"type"\\s*:\\s*"(compaction|advisor_message|fallback_message)"')"""


def parts_at(*path: str) -> Callable[[Record, Record], Iterator[Record]]:
    """Takes a record apart whose message is at `path`: the call itself, then one record per pass billed besides it."""

    def parts(record: Record, envelope: Record) -> Iterator[Record]:
        message = _at(record, path)
        usage = message["usage"]
        iterations = [one for one in usage["iterations"] if isinstance(one, dict)]
        rest = {key: value for key, value in usage.items() if key != "iterations"}
        yield _replaced(record, path, {**message, "usage": rest})
        shared = {key: rest[key] for key in ("service_tier", "speed", "inference_geo") if key in rest}
        for number, one in enumerate(iterations, 1):
            if _is_apart(one, iterations, usage):
                model = one.get("model") or message.get("model")
                yield _replaced(record, path, {**message, "model": model, "usage": {**shared, **one}, PART_KEY: number})

    return parts


def _is_apart(one: dict[str, Any], iterations: list[dict[str, Any]], usage: dict[str, Any]) -> bool:
    """Whether the top-level counts leave this pass out."""
    if one.get("type") in ("compaction", "advisor_message"):
        return True
    if one.get("type") == "message":
        return False
    # Other kinds count apart only where the messages alone already make up the total.
    messages = sum(_count(each) for each in iterations if each.get("type") == "message")
    return messages == _count(usage)


def _count(usage: dict[str, Any]) -> int:
    value = usage.get("output_tokens")
    return value if isinstance(value, int) else 0


def _at(record: Record, path: tuple[str, ...]) -> Record:
    for key in path:
        record = record[key]
    return record


def _replaced(record: Record, path: tuple[str, ...], message: Record) -> Record:
    if not path:
        return message
    return {**record, path[0]: _replaced(record[path[0]], path[1:], message)}
