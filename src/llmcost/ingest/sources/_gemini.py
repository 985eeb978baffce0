"""A `generateContent` body, as JSON or as Google's Python SDK dumps it, bare or inside a batch line.

The prompt includes what was read from a cache and excludes what tools added; candidates exclude thoughts. Details by
modality include cached tokens (https://ai.google.dev/api/generate-content#UsageMetadata).
"""

import re


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def _either(body: str, path: str, sigil: str = "@", kind: str = "") -> str:
    """SQL for a value under its name in JSON or in the Python SDK."""
    return f"coalesce({sigil}{body}{path}{kind}, {sigil}{body}{_snake(path)}{kind})"


def claims(body: str = "") -> str:
    """SQL predicate for the body at path prefix `body` (empty, or ending in a dot)."""
    return f"{_either(body, 'usageMetadata.promptTokenCount')} is not null"


def steps(body: str = "") -> dict[str, str]:
    """Steps for the body at that prefix."""

    def count(name: str) -> str:
        return _either(body, f"usageMetadata.{name}", "#")

    def details(*names: str) -> str:
        return "coalesce(" + ", ".join(_either(body, f"usageMetadata.{name}", kind=":json") for name in names) + ")"

    # Embeddings spell it without the plural, the Live API answers in responses.
    prompt = details("promptTokensDetails", "promptTokenDetails")
    answer = details("candidatesTokensDetails", "responseTokensDetails")
    cache = details("cacheTokensDetails")
    return {
        "prompt": count("promptTokenCount"),
        "cached": f"coalesce({count('cachedContentTokenCount')}, 0)",
        "tools": f"coalesce({count('toolUsePromptTokenCount')}, 0)",
        "answer": f"coalesce({count('candidatesTokenCount')}, {count('responseTokenCount')}, 0)",
        "thoughts": f"coalesce({count('thoughtsTokenCount')}, 0)",
        "audio_in": f"coalesce(modality_tokens({prompt}, 'AUDIO'), 0)",
        "image_in": f"coalesce(modality_tokens({prompt}, 'IMAGE'), 0)",
        "audio_cached": f"coalesce(modality_tokens({cache}, 'AUDIO'), 0)",
        "image_cached": f"coalesce(modality_tokens({cache}, 'IMAGE'), 0)",
        "audio_out": f"coalesce(modality_tokens({answer}, 'AUDIO'), 0)",
        "image_out": f"coalesce(modality_tokens({answer}, 'IMAGE'), 0)",
        "candidate": f"json_extract(@{body}candidates:json, '/0')",
    }


_GROUNDING = "coalesce(json_extract($candidate, '/groundingMetadata'), json_extract($candidate, '/grounding_metadata'))"


def _map_searches(body: str) -> str:
    """One for an answer that any place of Google Maps went into: the prompt is billed, not the places.

    https://ai.google.dev/gemini-api/docs/google-maps
    """
    chunks = (
        f"coalesce(json_extract({_GROUNDING}, '/groundingChunks'), json_extract({_GROUNDING}, '/grounding_chunks'))"
    )
    placed = f"len(list_filter(json_extract({chunks}, '$[*]'), lambda chunk: json_type(chunk, '/maps') = 'OBJECT'))"
    return f"case when contains($candidate::varchar, '\"maps\"') and {placed} > 0 then 1 end"


def billed_searches(queries: str, model: str) -> str:
    """SQL for what so many queries are billed as: Gemini 3 bills every one, older models every prompt that was grounded.

    https://ai.google.dev/gemini-api/docs/pricing
    """
    older = f"regexp_matches({model}, 'gemini-[12]\\.')"
    return f"case when {queries} > 0 then case when {older} then 1 else {queries} end end"


def _searches(body: str) -> str:
    queries = f"coalesce(json_array_length({_GROUNDING}, '/webSearchQueries'), json_array_length({_GROUNDING}, '/web_search_queries'))"
    billed = billed_searches(queries, _either(body, "modelVersion"))
    return f"case when contains($candidate::varchar, 'rounding') then {billed} end"


_KNOWN = "case when $prompt is not null then {} end"
_AUDIO, _IMAGE = "greatest($audio_in - $audio_cached, 0)", "greatest($image_in - $image_cached, 0)"

USAGE_FIELDS = {
    "uncached_input_tokens": _KNOWN.format(f"greatest(beyond($prompt, $cached) - {_AUDIO} - {_IMAGE}, 0) + $tools"),
    "cache_read_tokens": _KNOWN.format("greatest($cached - $audio_cached, 0)"),
    "cache_write_5m_tokens": _KNOWN.format("0"),
    "cache_write_1h_tokens": _KNOWN.format("0"),
    "output_text_tokens": _KNOWN.format("beyond($answer, $audio_out + $image_out)"),
    "reasoning_tokens": _KNOWN.format("$thoughts"),
    "input_audio_tokens": f"nullif({_AUDIO}, 0)",
    "cache_read_audio_tokens": "nullif($audio_cached, 0)",
    "input_image_tokens": f"nullif({_IMAGE}, 0)",
    "output_audio_tokens": "nullif($audio_out, 0)",
    "output_image_tokens": "nullif($image_out, 0)",
}
"""Columns from the steps that count tokens; all null where the record carries no usage."""


def fields(body: str = "") -> dict[str, str]:
    """Columns for the body at that prefix."""
    traffic = _either(body, "usageMetadata.trafficType")
    created = _either(body, "createTime", kind=":time")
    finish = (
        "coalesce(json_extract_string($candidate, '/finishReason'), json_extract_string($candidate, '/finish_reason'))"
    )
    single = _either(body, "usageMetadata.promptTokenDetails")
    return {
        "request_id": f"filled({_either(body, 'responseId')})",
        "started_at": created,
        # Only Vertex says how the traffic was bought, and when the call came.
        "provider": f"case when {traffic} is not null or {created} is not null then 'vertex' end",
        "response_model": f"filled({_either(body, 'modelVersion')})",
        "operation": f"case when {single} is not null then 'embeddings' end",
        "service_tier": f"""case {traffic}
            when 'ON_DEMAND_PRIORITY' then 'priority' when 'ON_DEMAND_FLEX' then 'flex' when 'ON_DEMAND' then null
            when 'PROVISIONED_THROUGHPUT' then 'provisioned'
            else coalesce(filled({_either(body, "usageMetadata.serviceTier")}), filled({traffic})) end""",
        # A stream's chunks share one id and count cumulatively; the last one says why it stopped.
        "final": f"$candidate is null or {finish} is not null",
        "error_type": f"filled({_either(body, 'promptFeedback.blockReason')})",
        **USAGE_FIELDS,
        "web_searches": _searches(body),
        "map_searches": _map_searches(body),
    }
