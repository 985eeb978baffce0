"""Logs of Cloudflare's AI Gateway, as its API lists them.

`tokens_in` and `tokens_out` are all it counts: what was read from a provider's cache is not told apart, so cached input is
priced as if it were not. `cost` is the gateway's estimate in USD, kept as `reported_cost`. `cached` says that the gateway
answered from its own cache. `metadata` is JSON in a string
(https://developers.cloudflare.com/api/resources/ai_gateway/subresources/logs/methods/list/).
"""

from llmcost.ingest.source import Source

source = Source(
    title="Cloudflare AI Gateway logs",
    issuer="'cloudflare'",
    claims="@duration is not null and @success is not null and @cached is not null and @provider is not null "
    "and @model is not null and @created_at is not null and @path is not null and @response:json is null",
    json_text=("metadata",),
    fields={
        "request_id": "filled(@id)",
        "started_at": "@created_at:time",
        "provider": "filled(@provider)",
        "request_model": "filled(@model)",
        "operation": """case when contains(lower(concat_ws(' ', @model_type, @request_type, @path)), 'embedding')
            then 'embeddings' end""",
        "status": "case when not flag(@success) or count_of(@status_code) >= 400 then 'error' end",
        "http_status": "try_cast(count_of(@status_code) as integer)",
        "latency_ms": "number_of(@duration)",
        "attempt": "try_cast(1 + count_of(@step) as integer)",
        "gateway_cached": "flag(@cached)",
        "uncached_input_tokens": "#tokens_in",
        "output_text_tokens": "#tokens_out",
        "reported_cost": "amount(@cost)",
        "reported_currency": "'USD'",
        "reported_by": "'cloudflare'",
    },
    tags=("pairs_of(@metadata:json)",),
)
