"""Langfuse observations: answers of `/api/public/observations` and `/api/public/v2/observations`, blob-storage and UI exports.

Generations and embeddings are calls; spans, agents, tools and events around them may repeat what they cost. The keys of
`usageDetails` are disjoint: `input` leaves out what has a key of its own, and `total` is their sum. Where `input` and
`output` alone make up the total, a caller has sent a provider's inclusive counts as they were. `totalCost` is Langfuse's
own reckoning, kept as `reported_cost` (https://langfuse.com/docs/observability/features/token-and-cost-tracking,
https://api.reference.langfuse.com). Exports are in snake case and may hold objects as JSON in a string; the blob export
of observations does not say whose trace it was.
"""

from llmcost.ingest.source import Source


def _either(camel: str, snake: str, suffix: str = "") -> str:
    return f"coalesce(@{camel}{suffix}, @{snake}{suffix})"


def _counts(*names: str) -> str:
    """SQL for the largest of the counts: names for the same thing."""
    found = [f"#{usage}.{name}" for name in names for usage in ("usageDetails", "usage_details")]
    return f"greatest({', '.join(found)})"


_START, _END = _either("startTime", "start_time"), _either("endTime", "end_time")
_FIRST = _either("completionStartTime", "completion_start_time")
_KNOWN = "$input is not null or $output is not null"
_READ = (
    *("input_cached_tokens", "input_cache_read", "input_cache_read_tokens", "cache_read_input_tokens"),
    *("cached_tokens", "input_cached_content_token_count"),
)
_WRITTEN = ("input_cache_creation", "input_cache_creation_tokens", "input_cache_write", "cache_creation_input_tokens")
_REASONING = ("output_reasoning_tokens", "output_reasoning", "reasoning_tokens")
_CACHED = "coalesce($cache_read, 0) + coalesce($written, 0) + coalesce($written_5m, 0) + coalesce($written_1h, 0)"

source = Source(
    title="Langfuse observations",
    revision=2,
    issuer="'langfuse'",
    claims=f"{_either('traceId', 'trace_id')} is not null and {_START} is not null and @type is not null "
    "and coalesce(@usageDetails:json, @usage_details:json, @costDetails:json, @cost_details:json) is not null",
    keeps="one_of(@type, 'GENERATION|EMBEDDING')",
    json_text=("usageDetails", "usage_details", "costDetails", "cost_details", "metadata", "tags", "usage"),
    usage_text=("usageDetails", "usage_details", "costDetails", "cost_details", "usage"),
    steps={
        "input": f"coalesce({_counts('input', 'input_tokens', 'prompt_tokens')}, #usage.input)",
        "output": f"coalesce({_counts('output', 'output_tokens', 'completion_tokens')}, #usage.output)",
        "total": f"coalesce({_counts('total', 'total_tokens')}, #usage.total)",
        "cache_read": _counts(*_READ),
        "written": _counts(*_WRITTEN),
        "written_5m": _counts("input_cache_creation_5m"),
        "written_1h": _counts("input_cache_creation_1h"),
        "reasoning": _counts(*_REASONING),
        "audio_in": _counts("input_audio_tokens", "input_audio"),
        "image_in": _counts("input_image_tokens", "input_image"),
        "audio_out": _counts("output_audio_tokens", "output_audio"),
        "image_out": _counts("output_image_tokens", "output_image"),
    },
    fields={
        "request_id": "filled(@id)",
        "started_at": "coalesce(@startTime:time, @start_time:time)",
        "ended_at": "coalesce(@endTime:time, @end_time:time)",
        "request_model": "coalesce(filled(@providedModelName), filled(@provided_model_name), filled(@model))",
        "operation": "case when @type = 'EMBEDDING' then 'embeddings' end",
        "status": "case when @level = 'ERROR' then 'error' end",
        "latency_ms": f"elapsed_ms(instant({_START}), instant({_END}))",
        "time_to_first_token_ms": f"elapsed_ms(instant({_START}), instant({_FIRST}))",
        "trace_id": f"filled({_either('traceId', 'trace_id')})",
        "parent_id": f"filled({_either('parentObservationId', 'parent_observation_id')})",
        "session_id": f"filled({_either('sessionId', 'session_id')})",
        "uncached_input_tokens": f"""case when $total = $input + coalesce($output, 0)
            then beyond($input, {_CACHED} + coalesce($audio_in, 0) + coalesce($image_in, 0)) else $input end""",
        "cache_read_tokens": f"case when {_KNOWN} then coalesce($cache_read, 0) end",
        "cache_write_5m_tokens": f"case when {_KNOWN} then coalesce($written, 0) + coalesce($written_5m, 0) end",
        "cache_write_1h_tokens": f"case when {_KNOWN} then coalesce($written_1h, 0) end",
        "output_text_tokens": """case when $total = coalesce($input, 0) + $output
            then beyond($output, coalesce($reasoning, 0) + coalesce($audio_out, 0) + coalesce($image_out, 0))
            else $output end""",
        "reasoning_tokens": f"case when {_KNOWN} then coalesce($reasoning, 0) end",
        "input_audio_tokens": "nullif($audio_in, 0)",
        "input_image_tokens": "nullif($image_in, 0)",
        "output_audio_tokens": "nullif($audio_out, 0)",
        "output_image_tokens": "nullif($image_out, 0)",
        "reported_cost": "coalesce(amount(@totalCost), amount(@total_cost), amount(@calculatedTotalCost), "
        "amount(@costDetails.total), amount(@cost_details.total))",
        "reported_currency": "'USD'",
        "reported_by": "'langfuse'",
    },
    tags=(
        "pairs_of_scalars(unwrapped(@metadata:json), [])",
        "pairs_of_list(@tags:list, 'tags')",
        f"""concat_ws(',', pair('user_id', {_either("userId", "user_id")}), pair('environment', @environment),
            pair('prompt_name', {_either("promptName", "prompt_name")}),
            pair('prompt_version', {_either("promptVersion", "prompt_version")}),
            pair('trace_name', {_either("traceName", "trace_name")}), pair('name', @name), pair('release', @release))""",
    ),
)
