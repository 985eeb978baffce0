"""Result lines of a Gemini or Vertex AI batch: a key or the request itself beside the response.

The response keeps its own id, so the same response met elsewhere is the same call. Batch prices hold
(https://ai.google.dev/gemini-api/docs/batch-api, https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/batch-prediction-gemini).
"""

from llmcost.ingest.source import Source
from llmcost.ingest.sources import _gemini

_BODY = "response."
_FIELDS = _gemini.fields(_BODY)

source = Source(
    title="Gemini batch results",
    issuer="'google'",
    claims=f"{_gemini.claims(_BODY)} and (@processed_time is not null or (@key is not null and @model is null))",
    weak_ids=True,
    steps=_gemini.steps(_BODY),
    fields={
        **_FIELDS,
        "started_at": f"coalesce({_FIELDS['started_at']}, @processed_time:time)",
        "provider": "case when @processed_time is not null then 'vertex' end",
        "processing": "'batch'",
    },
    tags=("pair('key', @key)",),
    revision=2,
)
