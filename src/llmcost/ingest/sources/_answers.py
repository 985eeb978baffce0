"""A provider's answer that a gateway's log keeps, or what is left of it: its usage in OpenAI's shapes or in Anthropic's.

What the answer says comes before what the row says by itself. Input of a Messages answer leaves its cached tokens out; for
the others the total tells, and where it does not they are part of it.
"""

from collections.abc import Iterable, Mapping

from llmcost.ingest.sources._openai import CHAT, RESPONSES, beside_prompt, tool_fields

PLACES: Mapping[str, tuple[str, ...]] = {
    "prompt": (CHAT.input, RESPONSES.input),
    "completion": (CHAT.output, RESPONSES.output),
    "total": ("total_tokens",),
    "cached": (
        f"{CHAT.input_details}.cached_tokens",
        f"{RESPONSES.input_details}.cached_tokens",
        *CHAT.cached,
    ),
    "written": (
        f"{CHAT.input_details}.cache_write_tokens",
        f"{RESPONSES.input_details}.cache_write_tokens",
        *CHAT.written,
    ),
    "written_5m": ("cache_creation.ephemeral_5m_input_tokens",),
    "written_1h": ("cache_creation.ephemeral_1h_input_tokens",),
    "reasoning": (
        f"{CHAT.output_details}.reasoning_tokens",
        f"{RESPONSES.output_details}.reasoning_tokens",
        f"{RESPONSES.output_details}.thinking_tokens",
    ),
    "audio_in": (f"{CHAT.input_details}.audio_tokens", f"{RESPONSES.input_details}.audio_tokens"),
    "image_in": (f"{CHAT.input_details}.image_tokens", f"{RESPONSES.input_details}.image_tokens"),
    "audio_out": (f"{CHAT.output_details}.audio_tokens", f"{RESPONSES.output_details}.audio_tokens"),
    "image_out": (f"{CHAT.output_details}.image_tokens", f"{RESPONSES.output_details}.image_tokens"),
}
"""What is counted -> where in a usage object it may stand."""

_KNOWN = "$prompt is not null or $completion is not null"
_TOLD = f"({_KNOWN}) and coalesce($cached, $written, $written_5m, $written_1h) is not null"
_WRITTEN = "greatest(coalesce($written, 0), coalesce($written_5m, 0) + coalesce($written_1h, 0))"
_PARTS = f"(coalesce($cached, 0) + {_WRITTEN})"
_USED = "($prompt + coalesce($completion, 0))"
_REASONING = "coalesce($reasoning, 0)"
_AUDIO_IN, _IMAGE_IN = "coalesce($audio_in, 0)", "coalesce($image_in, 0)"
_AUDIO_OUT, _IMAGE_OUT = "coalesce($audio_out, 0)", "coalesce($image_out, 0)"


def answer_steps(*usages: str, row: Mapping[str, Iterable[str]] | None = None) -> dict[str, str]:
    """What the usage object at one of these paths says, or else the row: count -> marks."""
    own = row or {}
    steps = {}
    for name, paths in PLACES.items():
        marks = [f"#{usage}.{path}" for usage in usages for path in paths]
        # Mistral repeats what was cached under another name, not always both times.
        found = [f"greatest({', '.join(marks)})"] if name in {"cached", "written"} else marks
        none = ("0",) if name in {"cached", "reasoning"} else ()
        steps[name] = _first([*found, *own.get(name, ()), *none])
    return steps


def answer_fields(beside: str = "false") -> dict[str, str]:
    """Columns from steps of those names; all null without usage.

    `beside` is SQL: cached tokens are not part of the prompt. A total that is larger than its parts holds reasoning as well.
    """
    outside = beside_prompt(_PARTS, "$prompt", total="$total", used=_USED, reasoning=_REASONING, stated=beside)
    fresh = f"($prompt + {outside} - {_PARTS})"
    hidden = f"greatest(coalesce($total - {_USED} - {outside}, 0), 0)"
    return {
        # Audio and images count what was cached of them too; the cached share is priced as cached.
        "uncached_input_tokens": f"greatest({fresh} - {_AUDIO_IN} - {_IMAGE_IN}, case when $prompt is not null then 0 end)",
        "input_audio_tokens": f"case when $prompt is not null then nullif(least({_AUDIO_IN}, {fresh}), 0) end",
        "input_image_tokens": "case when $prompt is not null then "
        f"nullif(least({_IMAGE_IN}, greatest({fresh} - {_AUDIO_IN}, 0)), 0) end",
        "cache_read_tokens": f"case when {_KNOWN} then $cached end",
        "cache_write_5m_tokens": f"case when {_TOLD} then {_WRITTEN} - coalesce($written_1h, 0) end",
        "cache_write_1h_tokens": f"case when {_TOLD} then coalesce($written_1h, 0) end",
        "output_text_tokens": f"case when {_KNOWN} then beyond(coalesce($completion, 0), "
        f"greatest({_REASONING} - {hidden}, 0) + {_AUDIO_OUT} + {_IMAGE_OUT}) end",
        "reasoning_tokens": f"case when {_KNOWN} then greatest($reasoning, nullif({hidden}, 0)) end",
        "output_audio_tokens": f"nullif({_AUDIO_OUT}, 0)",
        "output_image_tokens": f"nullif({_IMAGE_OUT}, 0)",
    }


def billing_fields(*bodies: str) -> dict[str, str]:
    """Columns for what else in the answer at one of these path prefixes changes the price: tier, region, tools."""
    tier = _first(f"filled(@{body}{place})" for body in bodies for place in ("service_tier", "usage.service_tier"))
    tools = [tool_fields(body) for body in bodies]
    called = {name: [f"({tool[name]})" for tool in tools] for name in tools[0]}
    searches = [
        f"nullif(#{body}usage.{place}, 0)"
        for body in bodies
        for place in ("server_tool_use.web_search_requests", "num_search_queries")
    ]
    return {
        "service_tier": f"nullif({tier}, 'batch')",
        "processing": f"case when {tier} = 'batch' then 'batch' end",
        "speed": _first(f"filled(@{body}usage.speed)" for body in bodies),
        "inference_region": f"nullif({_first(f'filled(@{body}usage.inference_geo)' for body in bodies)}, 'not_available')",
        **{name: _first(found) for name, found in called.items()},
        "web_searches": _first([*searches, *called["web_searches"]]),
    }


def _first(expressions: Iterable[str]) -> str:
    return f"coalesce({', '.join(expressions)}, null)"
