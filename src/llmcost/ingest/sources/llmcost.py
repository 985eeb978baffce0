"""The native record: one flat object or row per call, as `llmcost export requests` writes it.

`timestamp` is required. `input_tokens` and `output_tokens` are inclusive: cache reads, cache writes, audio and images are
inside the first, reasoning, audio and images inside the second. `request_id` is unique among the records of one `issuer`
(`native` unless stated). `tags` is a map, in CSV as JSON text; keys that are no field become tags. What an export adds
(`cost`, `cost_status`, `price_id`, ...) is computed again, but for an amount the provider itself billed. A row that has no good
id keeps the key (`row_key`) it had in the ledger.

A record is ours when it has `timestamp` and speaks of quantities in our words at its own root; one that keeps a provider's
body, a span or a usage object below its root is somebody else's.
"""

from llmcost.ingest.source import Source

_TEXTS = (
    *("provider", "response_model", "operation", "error_type", "service_tier", "processing", "speed"),
    *("inference_region", "api_key_id", "virtual_account", "project", "session_id", "trace_id", "parent_id"),
    *("prompt_hash", "request_id", "usage_origin", "charge_basis", "unit_size"),
)
# Kept as tags too, so that the attribution rules, and the ledger alone, can fill the columns again.
_WHO = (
    *("customer_id", "user_id", "team", "feature", "environment", "business_unit", "endpoint", "plan", "workflow"),
    *("prompt_name", "prompt_version"),
)
_COUNTS = (
    *("max_output_tokens", "web_searches", "rerank_searches", "images", "characters", "pages"),
    *("file_searches", "code_sessions", "map_searches", "citation_tokens"),
)
_PLAIN_TOKENS = ("input_audio_tokens", "output_audio_tokens", "input_image_tokens", "output_image_tokens")
_TOKENS = (
    *("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_read_audio_input_tokens"),
    *("cache_write_5m_input_tokens", "cache_write_1h_input_tokens", "reasoning_output_tokens", *_PLAIN_TOKENS),
)
_OTHERS = (
    *("timestamp", "ended_at", "model", "status", "http_status", "latency_ms", "time_to_first_token_ms", "attempt"),
    *(
        "gateway_cached",
        "temperature",
        "stream",
        "audio_seconds",
        "video_seconds",
        "reported_cost",
        "reported_currency",
        "reported_by",
        "tags",
    ),
    *("issuer", "part", "source", "final", "time_origin", "row_key"),
)
_COMPUTED = (
    *("cost", "cost_status", "cost_reason", "price_id", "match_kind", "list_value", "billed_cost", "input_cost"),
    *("cache_read_cost", "cache_write_cost", "output_cost", "reasoning_cost", "audio_cost", "image_cost", "unit_cost"),
    *("converted_cost", "converted_currency", "price_list"),
)
# What an export says in these columns it mostly has from its tags.
_WHO_PAIRS = ", ".join(
    f"case when @cost_status is null or not coalesce(list_contains($tag_values, @{name}), false) then pair('{name}', @{name}) end"
    for name in _WHO
)
_KNOWN = ", ".join(f"'{key}'" for key in (*_TEXTS, *_WHO, *_COUNTS, *_TOKENS, *_OTHERS, *_COMPUTED))

_FOREIGN = (
    *(
        "usage",
        "response",
        "message",
        "body",
        "result",
        "data",
        "output",
        "completion",
        "payload",
        "record",
        "resp",
        "event",
    ),
    *(
        "response_body",
        "raw_response",
        "llm_response",
        "provider_response",
        "api_response",
        "usageMetadata",
        "usageDetails",
    ),
    *("usage_details", "metrics", "spanAttributes", "span_attributes", "otlp_span", "codex_call"),
)
_FOREIGN_TYPES = "json_type(@@, [" + ", ".join(f"'/{key}'" for key in _FOREIGN) + "])"
_SECONDS = ("audio_seconds", "video_seconds")
_UNITS = " or ".join(f"@{name} is not null" for name in (*_SECONDS, *_COUNTS[1:]))

_INPUT_PARTS = " + ".join(
    f"coalesce(#{name}, 0)"
    for name in (
        *("cache_read_input_tokens", "cache_write_5m_input_tokens", "cache_write_1h_input_tokens"),
        *("input_audio_tokens", "input_image_tokens"),
    )
)
_OUTPUT_PARTS = " + ".join(
    f"coalesce(#{name}, 0)" for name in ("reasoning_output_tokens", "output_audio_tokens", "output_image_tokens")
)

source = Source(
    title="llmcost records",
    amounts={
        "reported_cost": ("filled(@reported_cost)", "amount(@reported_cost)"),
        "cost": ("case when @cost_status = 'billed' then filled(@cost) end", "amount(@cost)"),
        **{name: (f"filled(@{name})", f"try_cast(@{name} as decimal(18, 6))") for name in _SECONDS},
    },
    issuer="coalesce(filled(@issuer), 'native')",
    claims=f"""@timestamp is not null
        and (@input_tokens is not null or @output_tokens is not null or @cost_status is not null
            or (@model is not null and (one_of(@status, 'ok|error|blocked|cancelled|incomplete') or {_UNITS})))
        and not list_contains({_FOREIGN_TYPES}, 'OBJECT')""",
    whole=True,
    steps={"tag_values": "json_extract_string(unwrapped(@tags:json), '$.*')"},
    stated_key="case when @cost_status is not null then try_cast(@row_key as uuid) end",
    # What an export holds of these issuers had such ids before.
    weak_ids="coalesce(@issuer in ('openai', 'anthropic', 'google', 'generic'), false)",
    fields={
        **{name: f"filled(@{name})" for name in _TEXTS},
        **{name: f"#{name}" for name in (*_COUNTS, *_PLAIN_TOKENS)},
        "part": "try_cast(#part as integer)",
        "final": "flag(@final)",
        "time_origin": "filled(@time_origin)",
        "started_at": "@timestamp:time",
        "ended_at": "@ended_at:time",
        "request_model": "filled(@model)",
        "status": """case lower(@status) when 'error' then 'error' when 'blocked' then 'blocked'
            when 'cancelled' then 'cancelled' when 'incomplete' then 'incomplete' else 'ok' end""",
        "http_status": "try_cast(count_of(@http_status) as integer)",
        "latency_ms": "number_of(@latency_ms)",
        "time_to_first_token_ms": "number_of(@time_to_first_token_ms)",
        "attempt": "try_cast(count_of(@attempt) as integer)",
        "gateway_cached": "flag(@gateway_cached)",
        "temperature": "number_of(@temperature)",
        "stream": "flag(@stream)",
        "uncached_input_tokens": f"beyond(#input_tokens, {_INPUT_PARTS})",
        "cache_read_tokens": "beyond(#cache_read_input_tokens, #cache_read_audio_input_tokens)",
        "cache_read_audio_tokens": "#cache_read_audio_input_tokens",
        "cache_write_5m_tokens": "#cache_write_5m_input_tokens",
        "cache_write_1h_tokens": "#cache_write_1h_input_tokens",
        "output_text_tokens": f"beyond(#output_tokens, {_OUTPUT_PARTS})",
        "reasoning_tokens": "#reasoning_output_tokens",
        **{name: f"try_cast(@{name} as decimal(18, 6))" for name in _SECONDS},
        "billed_cost": "case when @cost_status = 'billed' then amount(@cost) end",
        "reported_cost": "amount(@reported_cost)",
        "reported_currency": "filled(@reported_currency)",
        "reported_by": "filled(@reported_by)",
    },
    tags=(
        # What an export says in these columns it has from its tags.
        f"concat_ws(',', {_WHO_PAIRS})",
        "pairs_of(@tags:json)",
        f"pairs_of_scalars(@@, [{_KNOWN}])",
    ),
    revision=4,
)
