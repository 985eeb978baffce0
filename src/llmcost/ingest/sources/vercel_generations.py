"""Vercel AI Gateway's record of one generation: answers of `/v1/generation`.

Ids begin with `gen_`, where OpenRouter's in the same shape begin with `gen-`. `native_tokens_*` are billed, the prompt
includes cached tokens, the completion includes reasoning. `total_cost` is what Vercel charged; with a customer's own key the
provider sends the bill, so it is only a claim. `latency` is the time to the first token.
https://vercel.com/docs/ai-gateway/capabilities/usage
"""

from llmcost.ingest.source import Source

_OWN_KEY = "coalesce(lower(@is_byok) = 'true', false)"
_KNOWN = "$prompt is not null or $completion is not null"

source = Source(
    title="Vercel AI Gateway generations",
    issuer="'vercel'",
    claims="starts_with(@id, 'gen_') and @total_cost is not null "
    "and coalesce(@tokens_prompt, @native_tokens_prompt) is not null",
    body=True,
    steps={
        "prompt": "coalesce(#native_tokens_prompt, #tokens_prompt)",
        "completion": "coalesce(#native_tokens_completion, #tokens_completion)",
        "cached": "coalesce(#native_tokens_cached, 0)",
        "reasoning": "coalesce(#native_tokens_reasoning, 0)",
    },
    fields={
        "request_id": "filled(@id)",
        "started_at": "@created_at:time",
        "provider": f"case when {_OWN_KEY} then lower(filled(@provider_name)) else 'vercel_ai_gateway' end",
        "request_model": "filled(@model)",
        "status": "case when @finish_reason = 'error' then 'error' end",
        "latency_ms": "number_of(@generation_time)",
        "time_to_first_token_ms": "number_of(@latency)",
        "stream": "lower(@streamed) = 'true'",
        "uncached_input_tokens": "beyond($prompt, $cached)",
        "cache_read_tokens": f"case when {_KNOWN} then $cached end",
        "cache_write_5m_tokens": f"case when {_KNOWN} then 0 end",
        "cache_write_1h_tokens": f"case when {_KNOWN} then 0 end",
        "output_text_tokens": "beyond($completion, $reasoning)",
        "reasoning_tokens": f"case when {_KNOWN} then $reasoning end",
        "billed_cost": f"case when not {_OWN_KEY} then amount(@total_cost) end",
        "reported_cost": f"case when {_OWN_KEY} then amount(@total_cost) end",
        "reported_currency": f"case when {_OWN_KEY} then 'USD' end",
        "reported_by": f"case when {_OWN_KEY} then 'vercel' end",
    },
    tags=("pair('upstream_provider', @provider_name)",),
)
