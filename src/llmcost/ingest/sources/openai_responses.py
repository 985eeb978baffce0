"""Responses API bodies of OpenAI and of everybody who speaks its dialect.

`input_tokens` includes `cached_tokens` and `cache_write_tokens`, `output_tokens` includes `reasoning_tokens`
(https://platform.openai.com/docs/api-reference/responses/object). Searches are billed by the call and are counted from
`output`. A background response may have been logged while still `in_progress`. A compaction does not name its model: the
envelope does, in `model` or in the request it kept.
"""

from llmcost.ingest.source import Source
from llmcost.ingest.sources import _responses

source = Source(
    title="OpenAI Responses",
    issuer="'openai'",
    claims="@object in ('response', 'response.compaction')",
    body=True,
    weak_ids=True,
    steps=_responses.steps(),
    fields=_responses.fields(),
    tags=_responses.tags(),
    revision=6,
)
