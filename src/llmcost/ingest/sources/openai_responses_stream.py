"""Events of a Responses stream, one per line; those that carry the response are read, deltas are skipped.

`response.created` holds it without usage, `response.completed` (or `.incomplete`, `.failed`) with it
(https://platform.openai.com/docs/api-reference/responses-streaming). They share the response's id and become one call.
"""

from llmcost.ingest.source import Source
from llmcost.ingest.sources import _responses

source = Source(
    title="OpenAI Responses stream events",
    issuer="'openai'",
    claims="starts_with(@type, 'response.') and (@response.object = 'response' or @sequence_number is not null or @output_index is not null)",
    keeps="@response.object = 'response'",
    body=True,
    weak_ids=True,
    steps=_responses.steps("response."),
    fields={**_responses.fields("response."), "stream": "true"},
    tags=_responses.tags("response."),
    revision=5,
)
