"""Embeddings bodies of OpenAI and its dialects (Voyage, Mistral, OpenRouter), and Voyage's reranking.

All tokens are input (https://platform.openai.com/docs/api-reference/embeddings). OpenAI's body states neither id nor
time: the envelope does, or `--at`.
"""

from llmcost.ingest.source import Source
from llmcost.ingest.sources._openai import billed_fields, provider

_NONE = (
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "output_text_tokens",
    "reasoning_tokens",
)

source = Source(
    title="OpenAI-compatible embeddings",
    issuer="'openai'",
    claims="@object = 'list' and @model is not null and @usage.total_tokens is not null",
    body=True,
    weak_ids=True,
    steps={"input": "coalesce(#usage.prompt_tokens, #usage.total_tokens)"},
    fields={
        "request_id": "filled(@id)",
        "started_at": "@created:time",
        "provider": provider(),
        "response_model": "filled(@model)",
        "operation": "case when contains(@model, 'rerank') then 'rerank' else 'embeddings' end",
        "uncached_input_tokens": "$input",
        **dict.fromkeys(_NONE, "case when $input is not null then 0 end"),
        **billed_fields(),
    },
)
