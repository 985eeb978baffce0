"""OpenInference spans (Phoenix, Arize): OTLP/JSON with `llm.*` attributes and `openinference.span.kind`.

`llm.token_count.prompt` is the total; cache reads, cache writes and audio are details of it, reasoning and audio are
details of `llm.token_count.completion` (https://arize-ai.github.io/openinference/spec/semantic_conventions.html).
Cached tokens larger than the total mean that the total did not include them. Audio counts what was cached of it too. Only spans of
kind LLM, EMBEDDING and RERANKER are calls; chains and agents may repeat the counts of the calls below them.
"""

from llmcost.ingest.source import Source
from llmcost.ingest.sources._otlp import SPAN_FIELDS, SPAN_TAGS, at, is_spans, spans
from llmcost.ingest.sources._span_tree import is_lone, linking

_PROMPT = "llm.token_count.prompt_details."
_COMPLETION = "llm.token_count.completion_details."
_FRESH = "beyond($input, coalesce($cached, 0) + coalesce($written, 0))"

source = Source(
    title="OpenInference spans",
    revision=4,
    issuer="'otel'",
    claims="@otlp_span.dialect = 'openinference'",
    keeps="@otlp_span.role = 'call'",
    recognises_stream=is_spans,
    stream=spans,
    left_out=is_lone,
    span_of=linking,
    steps={
        "input": at("llm.token_count.prompt", "gen_ai.usage.input_tokens"),
        "output": at("llm.token_count.completion", "gen_ai.usage.output_tokens"),
        "cached": at(_PROMPT + "cache_read", _PROMPT + "cached", _PROMPT + "cache_input"),
        "written": at(_PROMPT + "cache_write"),
        "audio_in": f"coalesce({at(_PROMPT + 'audio')}, 0)",
        "reasoning": at(_COMPLETION + "reasoning"),
        "audio_out": at(_COMPLETION + "audio"),
        "claimed": at("llm.cost.total", "gen_ai.usage.cost", counts=False),
    },
    fields={
        **SPAN_FIELDS,
        "provider": at("llm.provider", "llm.system", "gen_ai.provider.name", "gen_ai.system", counts=False),
        "request_model": at(
            *("llm.model_name", "embedding.model_name", "reranker.model_name", "gen_ai.request.model"), counts=False
        ),
        "response_model": at("gen_ai.response.model", counts=False),
        "stream": f"flag({at('llm.is_streaming', counts=False)})",
        "uncached_input_tokens": f"case when $input is not null then greatest({_FRESH} - $audio_in, 0) end",
        "cache_read_tokens": "case when $input is not null then coalesce($cached, 0) end",
        "cache_write_5m_tokens": "case when $input is not null then coalesce($written, 0) end",
        "cache_write_1h_tokens": "case when $input is not null then 0 end",
        "output_text_tokens": """beyond(coalesce($output, case when $input is not null then 0 end),
            coalesce($reasoning, 0) + coalesce($audio_out, 0))""",
        "reasoning_tokens": "case when $input is not null or $output is not null then coalesce($reasoning, 0) end",
        "input_audio_tokens": f"nullif(least($audio_in, {_FRESH}), 0)",
        "output_audio_tokens": "nullif($audio_out, 0)",
        "reported_cost": "amount($claimed)",
        "reported_currency": "case when $claimed is not null then 'USD' end",
        "reported_by": "case when $claimed is not null then coalesce(filled(@otlp_span.scope), 'openinference') end",
    },
    tags=SPAN_TAGS,
)
