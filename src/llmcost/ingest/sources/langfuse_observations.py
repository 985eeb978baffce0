"""Langfuse observations: answers of `/api/public/observations` and `/api/public/v2/observations`, blob-storage and UI exports.

Generations and embeddings are calls; spans, agents, tools and events around them may repeat what they cost, and so does a
generation around another one, a client's around that of the client inside it: of these the innermost count
(https://github.com/langfuse/langfuse/issues/3956, https://github.com/langfuse/langfuse/issues/7549). The keys of
`usageDetails` are disjoint: `input` leaves out what has a key of its own, and `total` is their sum. Where `input` and
`output` alone make up the total, a caller has sent a provider's inclusive counts as they were. Where Google's own
`total_token_count` is among them, it is the total, for Langfuse adds it up with the others. `totalCost` is Langfuse's
own reckoning, kept as `reported_cost`. Further keys are input or output by how they begin, as far as `total` has room for
them; what it leaves unexplained after that is reasoning (https://langfuse.com/docs/observability/features/token-and-cost-tracking,
https://api.reference.langfuse.com). Keys with a dot are span attributes that Langfuse did not know: `input` and `output`
still include what they count (https://github.com/langfuse/langfuse/issues/17117). Exports are in snake case and may hold
objects as JSON in a string; the blob export of observations does not say whose trace it was.
"""

from llmcost.ingest.source import Source


def _either(camel: str, snake: str, suffix: str = "") -> str:
    return f"coalesce(@{camel}{suffix}, @{snake}{suffix})"


def _counts(*names: str) -> str:
    """SQL for the largest of the counts: names for the same thing."""
    found = [f"#{usage}.{name}" for name in names for usage in ("usageDetails", "usage_details")]
    return f"greatest({', '.join(found)})"


def _further(beginning: str) -> str:
    """SQL for the sum of the counts whose keys begin so and are not among those with a name here."""
    return _sum(f"regexp_full_match(k, '({beginning})_[^.]+') and not one_of(k, '{_NAMED}')")


def _sum(which: str) -> str:
    """SQL for the sum of the counts with such a key `k`."""
    usage = "unwrapped(coalesce(@usageDetails:json, @usage_details:json))"
    keys = f"list_filter(json_keys({usage}), lambda k: {which})"
    return f"coalesce(list_sum(list_transform({keys}, lambda k: count_of(value_of({usage}, k)))), 0)::bigint"


def _inside(name: str, apart: str) -> str:
    """SQL for the part of `input` or `output` that an attribute tells of; with a key of its own as well it was taken out."""
    return f"greatest(coalesce(${name}, 0) - coalesce({apart}, 0), 0)"


_START, _END = _either("startTime", "start_time"), _either("endTime", "end_time")
_FIRST = _either("completionStartTime", "completion_start_time")
_INPUT = ("input", "input_tokens", "prompt_tokens", "prompt_token_count", "promptTokenCount")
_OUTPUT = ("output", "output_tokens", "completion_tokens", "candidates_token_count", "candidatesTokenCount")
_GOOGLES = _counts("total_token_count", "totalTokenCount")
_READ = (
    *("input_cached_tokens", "input_cache_read", "input_cache_read_tokens", "cache_read_input_tokens"),
    *("cached_tokens", "input_cached_content_token_count", "cached_content_token_count", "cachedContentTokenCount"),
    *("input_priority_cache_read", "input_flex_cache_read"),
)
_WRITTEN = (
    *("input_cache_creation", "input_cache_creation_tokens", "input_cache_write", "cache_creation_input_tokens"),
    "input_cache_write_tokens",
)
_WRITTEN_5M = ("input_cache_creation_5m", "input_ephemeral_5m_input_tokens")
_WRITTEN_1H = ("input_cache_creation_1h", "input_ephemeral_1h_input_tokens")
_REASONING = (
    *("output_reasoning_tokens", "output_reasoning", "reasoning_tokens", "thoughts_token_count"),
    *("thoughtsTokenCount", "output_priority_reasoning", "output_flex_reasoning"),
)
_AUDIO_IN = ("input_audio_tokens", "input_audio", "input_modality_AUDIO")
_IMAGE_IN = ("input_image_tokens", "input_image", "input_modality_IMAGE")
_AUDIO_OUT = ("output_audio_tokens", "output_audio", "output_modality_AUDIO")
_IMAGE_OUT = ("output_image_tokens", "output_image", "output_modality_IMAGE")
# Attributes of the OpenTelemetry conventions and of OpenInference.
_READ_ATTRIBUTES = ('"cache_read.input_tokens"', '"prompt_details.cache_read"')
_WRITTEN_ATTRIBUTES = ('"cache_write.input_tokens"', '"cache_creation.input_tokens"', '"prompt_details.cache_write"')
_REASONING_ATTRIBUTES = ('"reasoning.output_tokens"', '"completion_details.reasoning"')
_AUDIO_IN_ATTRIBUTES = ('"audio.input_tokens"', '"prompt_details.audio"')
_AUDIO_OUT_ATTRIBUTES = ('"audio.output_tokens"', '"completion_details.audio"')
_NAMED = "|".join(
    [
        *(*_INPUT, *_OUTPUT, *_READ, *_WRITTEN, *_WRITTEN_5M, *_WRITTEN_1H, *_REASONING),
        *(*_AUDIO_IN, *_IMAGE_IN, *_AUDIO_OUT, *_IMAGE_OUT),
    ]
)
_SPANS = "coalesce($written_5m, 0) + coalesce($written_1h, 0)"
# LangChain's count of what was written may repeat those of the two spans.
_WRITTEN_ALL = f"coalesce(nullif($written, {_SPANS}), 0) + {_SPANS}"
# Vertex tells what was cached in one count, and again by modality.
_CACHED = "greatest(coalesce($cache_read, 0), $cached_modalities)"
_MEDIA_IN = "coalesce($audio_in, 0) + coalesce($image_in, 0)"
_PARTS_IN = f"({_CACHED} + {_WRITTEN_ALL} + {_MEDIA_IN})"
_PARTS_OUT = "(coalesce($reasoning, 0) + coalesce($audio_out, 0) + coalesce($image_out, 0))"
_STATED = f"(coalesce($input, 0) + coalesce($output, 0) + {_PARTS_IN} + {_PARTS_OUT})"
# Null without a total, and then `least` takes all there is.
_LEFT = f"($total - least($total, {_STATED}))"
_FURTHER_IN = f"least($further_in, {_LEFT})"
_FURTHER_OUT = f"least($further_out, {_LEFT} - {_FURTHER_IN})"
_HIDDEN = f"greatest(coalesce({_LEFT} - {_FURTHER_IN} - {_FURTHER_OUT} - $attributes, 0), 0)"
_READ_INSIDE, _WRITTEN_INSIDE = _inside("read_attribute", "$cache_read"), _inside("written_attribute", _WRITTEN_ALL)
_REASONING_INSIDE = _inside("reasoning_attribute", "$reasoning")
_AUDIO_IN_INSIDE = _inside("audio_in_attribute", "$audio_in")
_AUDIO_OUT_INSIDE = _inside("audio_out_attribute", "$audio_out")
_INSIDE_IN = f"({_READ_INSIDE} + {_WRITTEN_INSIDE} + {_AUDIO_IN_INSIDE})"
_INSIDE_OUT = f"({_REASONING_INSIDE} + {_AUDIO_OUT_INSIDE})"
_KNOWN = f"$tokens and ($input is not null or $output is not null or {_STATED} + $further_in + $further_out > 0)"

source = Source(
    title="Langfuse observations",
    revision=6,
    traced=True,
    issuer="'langfuse'",
    claims=f"{_either('traceId', 'trace_id')} is not null and {_START} is not null and @type is not null "
    "and coalesce(@usageDetails:json, @usage_details:json, @costDetails:json, @cost_details:json) is not null",
    keeps="one_of(@type, 'GENERATION|EMBEDDING')",
    json_text=("usageDetails", "usage_details", "costDetails", "cost_details", "metadata", "tags", "usage"),
    usage_text=("usageDetails", "usage_details", "costDetails", "cost_details", "usage"),
    steps={
        # Older SDKs count characters or seconds as well, under the same names.
        "tokens": "coalesce(upper(filled(@usage.unit)), 'TOKENS') = 'TOKENS'",
        "input": f"coalesce({_counts(*_INPUT)}, #usage.input)",
        "output": f"coalesce({_counts(*_OUTPUT)}, #usage.output)",
        "googles": _GOOGLES,
        "total": f"coalesce({_GOOGLES}, {_counts('total', 'total_tokens')}, #usage.total)",
        "cache_read": _counts(*_READ),
        "cached_modalities": _further("cached_modality"),
        "written": _counts(*_WRITTEN),
        "written_5m": _counts(*_WRITTEN_5M),
        "written_1h": _counts(*_WRITTEN_1H),
        "reasoning": _counts(*_REASONING),
        "audio_in": _counts(*_AUDIO_IN),
        "image_in": _counts(*_IMAGE_IN),
        "audio_out": _counts(*_AUDIO_OUT),
        "image_out": _counts(*_IMAGE_OUT),
        "further_in": _further("input|prompt|tool_use_prompt"),
        "further_out": _further("output|completion|candidates"),
        "attributes": _sum("contains(k, '.')"),
        "read_attribute": _counts(*_READ_ATTRIBUTES),
        "written_attribute": _counts(*_WRITTEN_ATTRIBUTES),
        "reasoning_attribute": _counts(*_REASONING_ATTRIBUTES),
        "audio_in_attribute": _counts(*_AUDIO_IN_ATTRIBUTES),
        "audio_out_attribute": _counts(*_AUDIO_OUT_ATTRIBUTES),
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
        "uncached_input_tokens": f"""case when not $tokens then null
            when $total = $input + coalesce($output, 0)
                or $googles = $input + coalesce($output, 0) + coalesce($reasoning, 0) then beyond($input, {_PARTS_IN} + {_INSIDE_IN})
            when $input is not null or $further_in > 0 then beyond(coalesce($input, 0), {_INSIDE_IN}) + {_FURTHER_IN} end""",
        "cache_read_tokens": f"case when {_KNOWN} then {_CACHED} + {_READ_INSIDE} end",
        "cache_write_5m_tokens": f"case when {_KNOWN} then {_WRITTEN_ALL} - coalesce($written_1h, 0) + {_WRITTEN_INSIDE} end",
        "cache_write_1h_tokens": f"case when {_KNOWN} then coalesce($written_1h, 0) end",
        "output_text_tokens": f"""case when not $tokens then null
            when $total = coalesce($input, 0) + $output then beyond($output, {_PARTS_OUT} + {_INSIDE_OUT})
            when $output is not null or $further_out > 0 then beyond(coalesce($output, 0), {_INSIDE_OUT}) + {_FURTHER_OUT} end""",
        "reasoning_tokens": f"case when {_KNOWN} then coalesce($reasoning, 0) + {_REASONING_INSIDE} + {_HIDDEN} end",
        "input_audio_tokens": f"nullif(coalesce($audio_in, 0) + {_AUDIO_IN_INSIDE}, 0)",
        "input_image_tokens": "nullif($image_in, 0)",
        "output_audio_tokens": f"nullif(coalesce($audio_out, 0) + {_AUDIO_OUT_INSIDE}, 0)",
        "output_image_tokens": "nullif($image_out, 0)",
        "characters": "case when upper(@usage.unit) = 'CHARACTERS' then $input end",
        "audio_seconds": "case when upper(@usage.unit) = 'SECONDS' then $input end",
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
