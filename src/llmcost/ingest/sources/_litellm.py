"""What LiteLLM's spend logs, its logging payload and its daily sums have in common."""

from decimal import Decimal, InvalidOperation
from typing import Any

CALL_TYPE_OPERATIONS = """case
    when @call_type is null then null
    when contains(@call_type, 'embedding') then 'embeddings'
    when contains(@call_type, 'rerank') then 'rerank'
    when contains(@call_type, 'image') then 'image'
    when contains(@call_type, 'speech') then 'speech'
    when contains(@call_type, 'transcription') then 'transcription'
    when contains(@call_type, 'moderation') then 'moderation'
    when contains(@call_type, 'realtime') then 'realtime'
    when contains(@call_type, 'text_completion') then 'text_completion'
    when contains(@call_type, 'ocr') then 'ocr'
    else 'chat' end"""
"""SQL: our operation for LiteLLM's call type (`acompletion`, `aembedding`, ...)."""


CALLER_TAGS = (
    "pairs_of(@metadata.spend_logs_metadata:json)",
    "pairs_of(@metadata.requester_metadata:json)",
    "pairs_of_list(@request_tags:list, 'request_tags')",
)
"""Tags the caller sent with the request, which come before what the proxy knows of the key."""


_IDLE = (
    *("a?(create|cancel|list|retrieve)_batch(es)?", "a?create_file", "a?file_[a-z_]+", "a?vector_store_[a-z_]+"),
    *("(call|list)_mcp_tools?", "a?(get|create|delete|list)_(assistants?|threads?|messages|containers?|skills?)"),
    *("a_?add_message", "a?(get|delete|cancel)_responses", "a?list_input_items"),
)
"""Call types that run no model (`CallTypes` in litellm/types/utils.py), as patterns. A batch that is retrieved may tell what it
used."""


def keeps(claim: str) -> str:
    """SQL predicate: the row is a call. `claim` is the path of what the proxy says it cost."""
    counted = "coalesce(#prompt_tokens, 0) + coalesce(#completion_tokens, 0) > 0"
    return f"{counted} or coalesce(number_of(@{claim}), 0) > 0 or not coalesce(one_of(@call_type, '{'|'.join(_IDLE)}'), false)"


def told(prompt: str, completion: str, status: str) -> dict[str, str]:
    """Steps for the totals; none where both are 0 and the call went well.

    So the proxy writes what is billed by another unit, and streams of which it got no usage
    (https://github.com/BerriAI/litellm/issues/40100).
    """
    known = f"coalesce({prompt}, 0) + coalesce({completion}, 0) > 0 or {status} <> 'success'"
    return {
        "prompt": f"case when {known} then {prompt} end",
        "completion": f"case when {known} then {completion} end",
    }


def usage_steps(usage: str) -> dict[str, str]:
    """What LiteLLM's usage object at path `usage` says, with the row's own totals behind it."""
    prompt, completion = f"{usage}.prompt_tokens_details", f"{usage}.completion_tokens_details"
    return {
        "prompt": f"coalesce(#{usage}.prompt_tokens, #prompt_tokens)",
        "completion": f"coalesce(#{usage}.completion_tokens, #completion_tokens)",
        "cached": f"coalesce(#{prompt}.cached_tokens, #{usage}.cache_read_input_tokens, 0)",
        "written": f"coalesce(#{usage}.cache_creation_input_tokens, #{prompt}.cache_creation_tokens, "
        f"#{prompt}.cache_write_tokens, 0)",
        "written_1h": f"coalesce(#{prompt}.cache_creation_token_details.ephemeral_1h_input_tokens, 0)",
        "audio_in": f"coalesce(#{prompt}.audio_tokens, 0)",
        "image_in": f"coalesce(#{prompt}.image_tokens, 0)",
        "reasoning": f"coalesce(#{completion}.reasoning_tokens, 0)",
        "audio_out": f"coalesce(#{completion}.audio_tokens, 0)",
        "image_out": f"coalesce(#{completion}.image_tokens, 0)",
        "searches": f"coalesce(#{usage}.server_tool_use.web_search_requests, #{prompt}.web_search_requests)",
    }


_KNOWN = "$prompt is not null or $completion is not null"
_FRESH = "beyond($prompt, $cached + $written)"

USAGE_FIELDS = {
    # Audio and image counts include what was cached of them; the cached share is priced as cached.
    "uncached_input_tokens": f"case when $prompt is not null then greatest({_FRESH} - $audio_in - $image_in, 0) end",
    "cache_read_tokens": f"case when {_KNOWN} then $cached end",
    # Writes whose lifetime is not stated are 5-minute writes, the provider's default.
    "cache_write_5m_tokens": f"case when {_KNOWN} then greatest($written - $written_1h, 0) end",
    "cache_write_1h_tokens": f"case when {_KNOWN} then $written_1h end",
    "output_text_tokens": "beyond($completion, $reasoning + $audio_out + $image_out)",
    "reasoning_tokens": f"case when {_KNOWN} then $reasoning end",
    "input_audio_tokens": f"nullif(least($audio_in, {_FRESH}), 0)",
    "input_image_tokens": f"nullif(greatest(least($image_in, {_FRESH} - $audio_in), 0), 0)",
    "output_audio_tokens": "nullif($audio_out, 0)",
    "output_image_tokens": "nullif($image_out, 0)",
    "web_searches": "nullif($searches, 0)",
}
"""Leaf quantities: cache reads and writes are inside the prompt's tokens, reasoning inside the completion's."""


def proxy_status(status: str, error: str) -> dict[str, str]:
    """Status columns: what the proxy refused itself is blocked, what the provider refused is an error."""
    kind = f"@{error}.error_class"
    return {
        "status": f"""case
            when {status} is null or {status} = 'success' then 'ok'
            when one_of({kind}, 'BudgetExceededError|ParallelRequestLimitError|GuardrailRaisedException|BlockedPiiEntityError')
                or @{error}.error_rate_limit_type is not null or @{error}.error_budget_type is not null then 'blocked'
            else 'error' end""",
        "http_status": f"try_cast(count_of(@{error}.error_code) as integer)",
        "error_type": f"filled({kind})",
    }


def less(total: Any, part: Any) -> Any:
    """What is left of an amount; 0 where that is no more than sums of binary fractions are off. No number stays as it is."""
    try:
        rest = Decimal(str(total or 0)) - Decimal(str(part or 0))
        return format(round(rest, 12).normalize(), "f") if rest > Decimal("1e-9") else 0
    except InvalidOperation:
        return total
