"""Portkey's log export, one line per call, under the names of its documentation or those of its code samples.

`req_units` and `res_units` are tokens without a word on caches or reasoning, so the usage of the kept answer counts where
there is one. A Messages answer excludes its cached tokens, and so does one that Portkey put into OpenAI's shape, whose
`total_tokens` has them beside `prompt_tokens`; all others include them. `cost` is in cents and Portkey's own
reckoning; 0 means that it was not tracked
(https://portkey.ai/docs/product/observability/logs-export, https://portkey.ai/docs/product/observability/cost-management).
"""

from llmcost.ingest.source import Source

_USAGE = "response.usage"
_STATUS = "count_of(coalesce(@response_status_code, @status_code))"
_KNOWN = "$prompt is not null or $completion is not null"

source = Source(
    title="Portkey log export",
    revision=2,
    issuer="'portkey'",
    claims="@ai_model is not null and @created_at is not null and coalesce(@ai_org, @ai_provider) is not null",
    json_text=("response", "request", "metadata"),
    sparse=("response.usage",),
    steps={
        "prompt": f"coalesce(#{_USAGE}.prompt_tokens, #{_USAGE}.input_tokens, #req_units, #request_tokens)",
        "completion": f"coalesce(#{_USAGE}.completion_tokens, #{_USAGE}.output_tokens, #res_units, #response_tokens)",
        "cached": f"coalesce(#{_USAGE}.prompt_tokens_details.cached_tokens, #{_USAGE}.input_tokens_details.cached_tokens, "
        f"#{_USAGE}.cache_read_input_tokens, 0)",
        "written": f"coalesce(#{_USAGE}.cache_creation_input_tokens, #{_USAGE}.prompt_tokens_details.cache_write_tokens, 0)",
        "written_1h": f"coalesce(#{_USAGE}.cache_creation.ephemeral_1h_input_tokens, 0)",
        "reasoning": f"coalesce(#{_USAGE}.completion_tokens_details.reasoning_tokens, "
        f"#{_USAGE}.output_tokens_details.reasoning_tokens, 0)",
        "total": f"#{_USAGE}.total_tokens",
        "cents": "nullif(amount(@cost), 0)",
    },
    fields={
        "request_id": "filled(@id)",
        "started_at": "@created_at:time",
        "provider": "coalesce(filled(@ai_org), filled(@ai_provider))",
        "request_model": "filled(@ai_model)",
        "response_model": "filled(@response.model)",
        "operation": "case when contains(@request_url, 'embeddings') then 'embeddings' end",
        # 446: a guardrail refused the call.
        "status": f"case when {_STATUS} = 446 then 'blocked' when {_STATUS} >= 400 then 'error' end",
        "http_status": f"try_cast({_STATUS} as integer)",
        "latency_ms": "number_of(@response_time)",
        "trace_id": "filled(@trace_id)",
        "uncached_input_tokens": """case
            when @response.type = 'message' or $total = $prompt + $completion + $cached + $written then $prompt
            else beyond($prompt, $cached + $written) end""",
        "cache_read_tokens": f"case when {_KNOWN} then $cached end",
        "cache_write_5m_tokens": f"case when {_KNOWN} then greatest($written - $written_1h, 0) end",
        "cache_write_1h_tokens": f"case when {_KNOWN} then $written_1h end",
        "output_text_tokens": "beyond($completion, $reasoning)",
        "reasoning_tokens": f"case when {_KNOWN} then $reasoning end",
        "reported_cost": "$cents * 0.01::decimal(3, 2)",
        "reported_currency": "case when $cents is not null then coalesce(upper(filled(@cost_currency)), 'USD') end",
        "reported_by": "case when $cents is not null then 'portkey' end",
    },
    tags=(
        "pairs_of(@metadata:json)",
        "concat_ws(',', pair('config', @config), pair('prompt_name', @prompt_slug))",
    ),
)
