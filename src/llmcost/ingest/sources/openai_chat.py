"""Chat Completions bodies, stream chunks and legacy completions, of OpenAI and everybody who speaks its dialect.

`prompt_tokens` includes `cached_tokens` and `cache_write_tokens`, `completion_tokens` includes `reasoning_tokens`
(https://platform.openai.com/docs/api-reference/chat/object). A stream's chunks share one id and only the last one has
usage, if asked for. Groq states times in seconds, OpenRouter, xAI and Perplexity what they charged, Gemini's endpoint
and xAI leave reasoning out of `completion_tokens`.
"""

from llmcost.ingest.estimation import MARK, estimated
from llmcost.ingest.source import Source
from llmcost.ingest.sources._openai import CHAT, USAGE_FIELDS, billed_fields, provider, usage_steps

# Groq ends a stream so that was not asked for usage.
_STEPS = usage_steps("usage", CHAT, elsewhere="x_groq.usage")
# So OpenRouter ends a stream that failed midway (https://openrouter.ai/docs/api-reference/errors).
_BROKEN_OFF = "coalesce(@error.message, @error.code) is not null"
_MILLISECONDS = "lasted_ms(coalesce(@usage.{0}, @x_groq.usage.{0}), 1000)"

source = Source(
    title="OpenAI-compatible chat completions",
    issuer="'openai'",
    claims="one_of(@object, 'chat[.]completion([.]chunk|[.]done)?|text_completion')",
    body=True,
    weak_ids=True,
    sparse=("x_groq", "error"),
    steps=_STEPS,
    needs_parts=f"$prompt is null and $completion is null and @object <> 'chat.completion.chunk' and @{MARK} is null",
    parts=estimated,
    fields={
        "request_id": "filled(@id)",
        "started_at": "@created:time",
        "provider": provider(
            "",
            "when @usage.queue_time is not null or @x_groq.id is not null then 'groq'",
            # Hosts of DeepSeek's open models write the author into the name.
            "when @usage.prompt_cache_hit_tokens is not null and starts_with(@model, 'deepseek') "
            "and not contains(@model, '/') then 'deepseek'",
            "when @usage.search_context_size is not null or @usage.cost.total_cost is not null then 'perplexity'",
            "when @prompt_filter_results is not null then 'azure'",
        ),
        "response_model": "filled(@model)",
        "operation": "case when @object = 'text_completion' then 'text_completion' end",
        "service_tier": "filled(@service_tier)",
        "final": f"@object <> 'chat.completion.chunk' or $prompt is not null or {_BROKEN_OFF}",
        "status": f"case when {_BROKEN_OFF} then 'error' end",
        "error_type": "coalesce(filled(@error.type), filled(@error.code))",
        "http_status": "case when count_of(@error.code) between 100 and 599 then count_of(@error.code)::integer end",
        "stream": "case when @object = 'chat.completion.chunk' then true end",
        "latency_ms": f"{_MILLISECONDS.format('total_time')} + coalesce({_MILLISECONDS.format('queue_time')}, 0)",
        "time_to_first_token_ms": f"{_MILLISECONDS.format('prompt_time')} + coalesce({_MILLISECONDS.format('queue_time')}, 0)",
        **USAGE_FIELDS,
        "citation_tokens": "nullif(#usage.citation_tokens, 0)",
        "unit_size": "filled(@usage.search_context_size)",
        "web_searches": "nullif(coalesce(#usage.num_search_queries, #usage.server_tool_use.web_search_requests), 0)",
        **billed_fields(perplexity=True),
        "usage_origin": f"case when list_contains(['tokenizer', 'estimate'], @{MARK}) then @{MARK} end",
    },
    tags=(
        "pairs_of(@metadata:json)",
        "pair('user', coalesce(filled(@user), filled(@safety_identifier)))",
        "pair('upstream_provider', @provider)",
    ),
    revision=5,
)
