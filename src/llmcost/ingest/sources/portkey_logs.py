"""Portkey's log export, one line per call, under the names of its documentation or those of its code samples.

`req_units` and `res_units` are tokens without a word on caches or reasoning, so the usage of the kept answer counts where
there is one. A Messages answer excludes its cached tokens, and so does one that Portkey put into OpenAI's shape, whose
`total_tokens` has them beside `prompt_tokens`; all others include them. `cost` is in cents and Portkey's own
reckoning; 0 means that it was not tracked
(https://portkey.ai/docs/product/observability/logs-export, https://portkey.ai/docs/product/observability/cost-management).
"""

from llmcost.ingest.source import Source
from llmcost.ingest.sources._answers import answer_fields, answer_steps, billing_fields

_STATUS = "count_of(coalesce(@response_status_code, @status_code))"

source = Source(
    title="Portkey log export",
    revision=4,
    issuer="'portkey'",
    claims="@ai_model is not null and @created_at is not null and coalesce(@ai_org, @ai_provider) is not null",
    json_text=("response", "request", "metadata"),
    sparse=("response.usage",),
    steps={
        **answer_steps(
            "response.usage",
            row={
                "prompt": ("#req_units", "#request_tokens"),
                "completion": ("#res_units", "#response_tokens"),
            },
        ),
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
        **answer_fields("@response.type = 'message'"),
        **billing_fields("response."),
        "reported_cost": "$cents * 0.01::decimal(3, 2)",
        "reported_currency": "case when $cents is not null then coalesce(upper(filled(@cost_currency)), 'USD') end",
        "reported_by": "case when $cents is not null then 'portkey' end",
    },
    tags=(
        "pairs_of(@metadata:json)",
        "concat_ws(',', pair('config', @config), pair('prompt_name', @prompt_slug))",
    ),
)
