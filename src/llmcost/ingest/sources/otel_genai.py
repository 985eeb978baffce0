"""OpenTelemetry GenAI spans: OTLP/JSON with `gen_ai.*` attributes, and the dialects that grew around them.

By the convention input includes cache reads and writes and output includes reasoning, and counts by modality are parts of the
totals; cache writes were called `cache_creation` before
(https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/registry/attributes/gen-ai.md). Instrumentations
that report Anthropic's exclusive input give themselves away when the cache is larger than the input; where it is smaller the
two cannot be told apart, and `opentelemetry.instrumentation.anthropic` has written both. Older attribute names, OpenLLMetry,
OpenLIT, Langfuse, Sentry, Strands, Pydantic AI and the Vercel AI SDK are aliases. A call seen here and in the provider's own log
is two sightings under two issuers, so the id is the span's; the provider's is kept as the tag `response_id`. TrueFoundry's
exported spans keep TrueFoundry as the issuer.
"""

from llmcost.ingest.source import Source
from llmcost.ingest.sources._otlp import SPAN_FIELDS, SPAN_TAGS, at, is_spans, spans
from llmcost.ingest.sources._span_tree import is_lone, linking

_DETAILS = "gen_ai.usage.details."
_PROVIDER = at("gen_ai.provider.name", "gen_ai.system", "ai.model.provider", counts=False)
_FRESH = "beyond($input, coalesce($cached, 0) + coalesce($written, 0))"
# Few spans say how much of the audio was cached; what was not cannot be more than that of the whole input.
_AUDIO = f"least(greatest($audio_in - $audio_cached, 0), {_FRESH})"
_IMAGE = f"least(greatest($image_in - $image_cached, 0), {_FRESH} - {_AUDIO})"

source = Source(
    title="OpenTelemetry GenAI spans",
    revision=5,
    issuer="""case when @attributes."tfy.span_type" is not null then 'truefoundry' else 'otel' end""",
    claims="@otlp_span.dialect = 'genai'",
    keeps="@otlp_span.role = 'call'",
    recognises_stream=is_spans,
    stream=spans,
    left_out=is_lone,
    span_of=linking,
    steps={
        "input": at(
            *(
                "gen_ai.usage.input_tokens",
                "gen_ai.usage.prompt_tokens",
                "ai.usage.inputTokens",
                "ai.usage.promptTokens",
            ),
            *("ai.usage.tokens", "tfy.model.metric.input_tokens"),
        ),
        "output": at(
            *("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "ai.usage.outputTokens"),
            *("ai.usage.completionTokens", "tfy.model.metric.output_tokens"),
        ),
        "cached": at(
            *("gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens"),
            *("gen_ai.usage.cache_read_tokens", "gen_ai.usage.prompt_tokens_details.cached_tokens"),
            *(_DETAILS + "cache_read_tokens", _DETAILS + "cache_read_input_tokens", _DETAILS + "cached_tokens"),
            *("gen_ai.usage.cached_tokens", "ai.usage.cachedInputTokens", "tfy.model.metric.cache_read_input_tokens"),
            *("gen_ai.usage.input_tokens.cached", "ai.usage.inputTokenDetails.cacheReadTokens"),
        ),
        "written": at(
            *("gen_ai.usage.cache_write.input_tokens", "gen_ai.usage.cache_creation.input_tokens"),
            *("gen_ai.usage.cache_creation_input_tokens", "gen_ai.usage.cache_write_input_tokens"),
            *("gen_ai.usage.cache_write_tokens", "gen_ai.usage.cache_creation_tokens"),
            *(_DETAILS + "cache_write_tokens", _DETAILS + "cache_creation_input_tokens"),
            *("gen_ai.usage.input_tokens.cache_write", "ai.usage.inputTokenDetails.cacheWriteTokens"),
            "tfy.model.metric.cache_creation_input_tokens",
        ),
        "reasoning": at(
            *("gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_tokens", _DETAILS + "reasoning_tokens"),
            *("gen_ai.usage.completion_tokens_details.reasoning_tokens", "ai.usage.reasoningTokens"),
            *("gen_ai.usage.output_tokens.reasoning", "ai.usage.outputTokenDetails.reasoningTokens"),
        ),
        # Of Google's ADK, which leaves them out of the output.
        "thoughts": at("gen_ai.usage.experimental.reasoning_tokens"),
        "audio_in": f"coalesce({at('gen_ai.usage.audio.input_tokens', _DETAILS + 'input_audio_tokens')}, 0)",
        "image_in": f"coalesce({at('gen_ai.usage.image.input_tokens')}, 0)",
        "audio_cached": "coalesce("
        f"{at('gen_ai.usage.audio.cache_read.input_tokens', _DETAILS + 'cache_audio_read_tokens')}, 0)",
        "image_cached": f"coalesce({at('gen_ai.usage.image.cache_read.input_tokens')}, 0)",
        "audio_out": f"coalesce({at('gen_ai.usage.audio.output_tokens', _DETAILS + 'output_audio_tokens')}, 0)",
        "image_out": f"coalesce({at('gen_ai.usage.image.output_tokens')}, 0)",
        "claimed": at(
            "gen_ai.usage.cost",
            "gen_ai.usage.total_cost",
            "tfy.request_cost",
            "tfy.model.metric.cost_in_usd",
            counts=False,
        ),
    },
    fields={
        **SPAN_FIELDS,
        # Google's ADK names itself, which tells neither whose the model is nor who serves it. The Vercel AI SDK's `gateway` is
        # Vercel's.
        "provider": f"""case {_PROVIDER} when 'gcp.vertex.agent' then null
            when 'gateway' then case when @attributes."ai.model.provider" = 'gateway' then 'vercel_ai_gateway' else 'gateway' end
            else {_PROVIDER} end""",
        "request_model": at("gen_ai.request.model", "tfy.request.model_name", "ai.model.id", counts=False),
        "response_model": at("gen_ai.response.model", "tfy.model.name", counts=False),
        "service_tier": at(
            *("openai.response.service_tier", "gen_ai.openai.response.service_tier", "gen_ai.response.service_tier"),
            *("openai.request.service_tier", "gen_ai.openai.request.service_tier", "gen_ai.request.service_tier"),
            counts=False,
        ),
        "stream": f"flag({at('gen_ai.request.stream', 'gen_ai.is_streaming', 'llm.is_streaming', 'tfy.model.streaming', counts=False)})",
        "time_to_first_token_ms": """coalesce(
            lasted_ms(@attributes."gen_ai.response.time_to_first_chunk", 1000),
            lasted_ms(@attributes."gen_ai.server.time_to_first_token", 1000),
            number_of(@attributes."ai.response.msToFirstChunk"),
            number_of(@attributes."tfy.model.metric.time_to_first_token_in_ms"))""",
        "uncached_input_tokens": f"{_FRESH} - {_AUDIO} - {_IMAGE}",
        "cache_read_tokens": "case when $input is not null then greatest(coalesce($cached, 0) - $audio_cached, 0) end",
        "cache_read_audio_tokens": "nullif($audio_cached, 0)",
        "input_audio_tokens": f"nullif({_AUDIO}, 0)",
        "input_image_tokens": f"nullif({_IMAGE}, 0)",
        "cache_write_5m_tokens": "case when $input is not null then coalesce($written, 0) end",
        "cache_write_1h_tokens": "case when $input is not null then 0 end",
        "output_text_tokens": """beyond(coalesce($output, case when $input is not null then 0 end),
            coalesce($reasoning, 0) + $audio_out + $image_out)""",
        "output_audio_tokens": "nullif($audio_out, 0)",
        "output_image_tokens": "nullif($image_out, 0)",
        "reasoning_tokens": "case when $input is not null or $output is not null then coalesce($reasoning, $thoughts, 0) end",
        "reported_cost": "amount($claimed)",
        "reported_currency": "case when $claimed is not null then 'USD' end",
        "reported_by": """case
            when $claimed is null then null
            when @attributes."tfy.span_type" is not null then 'truefoundry'
            else coalesce(filled(@otlp_span.scope), 'otel') end""",
    },
    tags=SPAN_TAGS,
)
