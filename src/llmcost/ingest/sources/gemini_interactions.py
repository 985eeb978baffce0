"""Bodies of Gemini's Interactions API.

`total_input_tokens` includes cached and excludes tool tokens, `total_output_tokens` excludes thoughts
(https://ai.google.dev/api/interactions-api). A background interaction may have been logged while still `in_progress`. An
agent's interaction names the agent in place of a model.
"""

from llmcost.ingest.source import Source
from llmcost.ingest.sources import _gemini_interactions

source = Source(
    title="Gemini Interactions",
    issuer="'google'",
    claims="@object = 'interaction' and @status is not null",
    body=True,
    weak_ids=True,
    steps=_gemini_interactions.steps(),
    fields=_gemini_interactions.fields(),
    tags=_gemini_interactions.tags(),
)
