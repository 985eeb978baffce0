"""OpenRouter's record of one generation (`/api/v1/generation`), and the rows of its activity CSV.

`native_tokens_*` are billed, `tokens_*` of the API count with a tokenizer of OpenRouter's own and stand in only where those
are missing; the CSV has but one set. The prompt includes cached tokens, the completion includes reasoning. `total_cost` and
`cost_total` are what OpenRouter charged. With a customer's own upstream key that is a fee and the upstream sends the bill,
so the two together are only a claim (https://openrouter.ai/docs/api-reference/get-a-generation,
https://openrouter.ai/docs/use-cases/byok). A generation keeps the id its answer had.
"""

from llmcost.ingest.source import Source

_OWN_KEY = "coalesce(lower(@is_byok) = 'true', amount(@byok_usage_inference) > 0, false)"
_CHARGED = "coalesce(amount(@total_cost), amount(@cost_total))"
_UPSTREAM = "coalesce(sum_amount(@upstream_inference_cost), amount(@byok_usage_inference), 0)"
_KNOWN = "$prompt is not null or $completion is not null"

source = Source(
    title="OpenRouter generations",
    issuer="'openai'",
    claims="(@generation_id is not null and @cost_total is not null and @tokens_prompt is not null) "
    "or (@id is not null and not starts_with(@id, 'gen_') and @total_cost is not null and coalesce(@tokens_prompt, @native_tokens_prompt) is not null)",
    body=True,
    steps={
        "prompt": "coalesce(#native_tokens_prompt, #tokens_prompt)",
        "completion": "coalesce(#native_tokens_completion, #tokens_completion)",
        "cached": "coalesce(#native_tokens_cached, #tokens_cached, 0)",
        "reasoning": "coalesce(#native_tokens_reasoning, #tokens_reasoning, 0)",
        "image_out": "coalesce(#native_tokens_completion_images, 0)",
    },
    fields={
        "request_id": "coalesce(filled(@generation_id), filled(@id))",
        "started_at": "@created_at:time",
        "provider": f"case when {_OWN_KEY} then lower(filled(@provider_name)) else 'openrouter' end",
        "request_model": "coalesce(filled(@model), filled(@model_permaslug))",
        "operation": """case @api_type when 'embeddings' then 'embeddings' when 'rerank' then 'rerank' when 'image' then 'image'
            when 'tts' then 'speech' when 'stt' then 'transcription' end""",
        "service_tier": "filled(@service_tier)",
        "inference_region": "nullif(filled(@data_region), 'global')",
        "status": "case when lower(@cancelled) = 'true' then 'cancelled' "
        "when coalesce(@finish_reason, @finish_reason_normalized) = 'error' then 'error' end",
        "latency_ms": "coalesce(greatest(number_of(@latency), number_of(@generation_time)), number_of(@generation_time_ms))",
        "time_to_first_token_ms": "number_of(@time_to_first_token_ms)",
        "stream": "lower(@streamed) = 'true'",
        "gateway_cached": "filled(@response_cache_source_id) is not null",
        "api_key_id": "filled(@api_key_name)",
        "session_id": "filled(@session_id)",
        "uncached_input_tokens": "beyond($prompt, $cached)",
        "cache_read_tokens": f"case when {_KNOWN} then $cached end",
        "cache_write_5m_tokens": f"case when {_KNOWN} then 0 end",
        "cache_write_1h_tokens": f"case when {_KNOWN} then 0 end",
        "output_text_tokens": "beyond($completion, $reasoning + $image_out)",
        "reasoning_tokens": f"case when {_KNOWN} then $reasoning end",
        "output_image_tokens": "nullif($image_out, 0)",
        "billed_cost": f"case when not {_OWN_KEY} then {_CHARGED} end",
        "reported_cost": f"case when {_OWN_KEY} then {_CHARGED} + {_UPSTREAM} end",
        "reported_currency": f"case when {_OWN_KEY} then 'USD' end",
        "reported_by": f"case when {_OWN_KEY} then 'openrouter' end",
    },
    tags=(
        """concat_ws(',', pair('user', coalesce(filled(@external_user), filled(@user))), pair('app', @app_name),
            pair('upstream_provider', @provider_name))""",
    ),
)
