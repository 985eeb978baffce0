"""Helicone requests: answers of `/v1/request/query-clickhouse` and the files of its export tool (JSON, JSONL, CSV).

Where the row kept the provider's answer, the answer's own usage counts. Otherwise `prompt_tokens` excludes the cached tokens
beside it, whoever answered: Helicone takes them out, and its `total_tokens` leaves them out as well
(https://github.com/Helicone/helicone, `packages/cost/usage` and `getPromptTokens` in its `HandlerContext.ts`). Audio is taken
out of the row's `prompt_tokens` and `completion_tokens` for columns of its own, reasoning is not. `cost` is Helicone's
reckoning in USD, kept as `reported_cost`. A row with a `cache_reference_id` was answered from Helicone's cache. The CSV has a
column for the model that the tool leaves empty: the kept answer names it, if anything does; and none for `request_id`, so a
call is known by its `response_id`. A row that is still pending has none, and no usage: it is left for when the call is finished, and
`ingest` says how many there were
(https://docs.helicone.ai/rest/request/post-v1requestquery-clickhouse, https://docs.helicone.ai/features/advanced-usage/custom-properties).
"""

from llmcost.ingest.source import Source
from llmcost.ingest.sources._answers import answer_fields, answer_steps, billing_fields

_NO_CACHE = "00000000-0000-0000-0000-000000000000"
_EXCLUSIVE = "(@response_body.type = 'message' or lower(@provider) in ('anthropic', 'aws', 'bedrock'))"
_PENDING = "(nullif(@response_id, '') is null and coalesce(@response_status = '-2', false))"
_STATED = "(coalesce(@response_body.usage.prompt_tokens, @response_body.usage.input_tokens) is not null)"

source = Source(
    title="Helicone requests",
    revision=4,
    unfinished=True,
    issuer="'helicone'",
    claims="@request_created_at is not null and coalesce(@response_status, @response_created_at) is not null "
    f"and (coalesce(@response_id, @request_id) is not null or {_PENDING})",
    keeps=f"not {_PENDING}",
    json_text=("response_body", "request_body", "request_properties", "properties"),
    sparse=("response_body.usage",),
    steps={
        **answer_steps(
            "response_body.usage",
            row={
                "prompt": ("#prompt_tokens + coalesce(#prompt_audio_tokens, 0)",),
                "completion": ("#completion_tokens + coalesce(#completion_audio_tokens, 0)",),
                "cached": ("#prompt_cache_read_tokens",),
                "written": ("#prompt_cache_write_tokens",),
                "reasoning": ("#reasoning_tokens",),
                "audio_in": ("#prompt_audio_tokens",),
                "audio_out": ("#completion_audio_tokens",),
            },
        ),
    },
    fields={
        "request_id": "coalesce(filled(@response_id), filled(@request_id))",
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
        # A line of the CSV, which knows nothing of caches, gives way to another row of its call.
        "final": "coalesce(@response_body.usage:json is not null, false) or coalesce(@total_tokens, @prompt_cache_read_tokens) is not null",
        "latency_ms": "coalesce(number_of(@delay_ms), number_of(@latency))",
        "time_to_first_token_ms": "number_of(@time_to_first_token)",
        "gateway_cached": f"coalesce(filled(@cache_reference_id) <> '{_NO_CACHE}', false)",
        **answer_fields(f"{_EXCLUSIVE} or not {_STATED}"),
        **billing_fields("response_body."),
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
