"""Helicone requests: answers of `/v1/request/query-clickhouse` and the files of its export tool (JSON, JSONL, CSV).

Where the row kept the provider's answer, the answer's own usage counts. Otherwise `prompt_tokens` of Anthropic's calls
excludes the cached tokens beside it; for the others `total_tokens` tells whether it does. `cost` is Helicone's reckoning
in USD, kept as `reported_cost`. A row with a `cache_reference_id` was answered from Helicone's cache. The CSV has a column
for the model that the tool leaves empty: the kept answer names it, if anything does
(https://docs.helicone.ai/rest/request/post-v1requestquery-clickhouse, https://docs.helicone.ai/features/advanced-usage/custom-properties).
"""

from llmcost.ingest.source import Source

_USAGE = "response_body.usage"
_NO_CACHE = "00000000-0000-0000-0000-000000000000"
_KNOWN = "$prompt is not null or $completion is not null"
_EXCLUSIVE = "(@response_body.type = 'message' or lower(@provider) in ('anthropic', 'aws', 'bedrock'))"
_CACHED = "$cached + $written"
_STATED = f"coalesce(@{_USAGE}.prompt_tokens, @{_USAGE}.input_tokens) is not null"

source = Source(
    title="Helicone requests",
    revision=2,
    issuer="'helicone'",
    claims="@request_created_at is not null and coalesce(@response_id, @request_id) is not null "
    "and coalesce(@response_status, @response_created_at) is not null",
    json_text=("response_body", "request_body", "request_properties", "properties"),
    sparse=("response_body.usage",),
    steps={
        "prompt": f"coalesce(#{_USAGE}.prompt_tokens, #{_USAGE}.input_tokens, #prompt_tokens)",
        "completion": f"coalesce(#{_USAGE}.completion_tokens, #{_USAGE}.output_tokens, #completion_tokens)",
        "cached": f"coalesce(#{_USAGE}.prompt_tokens_details.cached_tokens, #{_USAGE}.input_tokens_details.cached_tokens, "
        f"#{_USAGE}.cache_read_input_tokens, #prompt_cache_read_tokens, 0)",
        "written": f"coalesce(#{_USAGE}.prompt_tokens_details.cache_write_tokens, #{_USAGE}.cache_creation_input_tokens, "
        "#prompt_cache_write_tokens, 0)",
        "written_1h": f"coalesce(#{_USAGE}.cache_creation.ephemeral_1h_input_tokens, 0)",
        "reasoning": f"coalesce(#{_USAGE}.completion_tokens_details.reasoning_tokens, "
        f"#{_USAGE}.output_tokens_details.reasoning_tokens, 0)",
        "total": f"coalesce(#{_USAGE}.total_tokens, #total_tokens)",
    },
    fields={
        "request_id": "coalesce(filled(@request_id), filled(@response_id))",
        "started_at": "@request_created_at:time",
        "ended_at": "@response_created_at:time",
        "provider": "nullif(lower(filled(@provider)), 'custom')",
        "request_model": "coalesce(filled(@model_override), filled(@request_model), filled(@request_body.model))",
        "response_model": "coalesce(filled(@response_model), filled(@response_body.model), filled(@model))",
        "operation": "case when contains(@request_path, 'embeddings') then 'embeddings' end",
        # Helicone's own codes below zero: timed out, pending, cancelled, blocked as a threat.
        "status": """case when @response_status = '-3' then 'cancelled' when @response_status = '-4' then 'blocked'
            when @response_status = '-2' then 'incomplete'
            when @response_status = '-1' or count_of(@response_status) >= 400 then 'error' end""",
        "http_status": "try_cast(count_of(@response_status) as integer)",
        "latency_ms": "coalesce(number_of(@delay_ms), number_of(@latency))",
        "time_to_first_token_ms": "number_of(@time_to_first_token)",
        "gateway_cached": f"coalesce(filled(@cache_reference_id) <> '{_NO_CACHE}', false)",
        "uncached_input_tokens": f"""case when {_EXCLUSIVE} then $prompt
            when $total = $prompt + coalesce($completion, 0) + {_CACHED} then $prompt
            when {_STATED} or $total is null or $total = $prompt + coalesce($completion, 0)
                then beyond($prompt, {_CACHED}) else $prompt end""",
        "cache_read_tokens": f"case when {_KNOWN} then $cached end",
        "cache_write_5m_tokens": f"case when {_KNOWN} then greatest($written - $written_1h, 0) end",
        "cache_write_1h_tokens": f"case when {_KNOWN} then $written_1h end",
        "output_text_tokens": "beyond($completion, $reasoning)",
        "reasoning_tokens": f"case when {_KNOWN} then $reasoning end",
        "reported_cost": "amount(coalesce(filled(@cost), @cost_usd))",
        "reported_currency": "'USD'",
        "reported_by": "'helicone'",
    },
    tags=(
        "pairs_of(@request_properties:json)",
        "pairs_of(@properties:json)",
        "concat_ws(',', pair('user_id', @request_user_id), pair('country', @country_code), pair('prompt_id', @prompt_id))",
    ),
)
