"""Result lines of a Gemini or Vertex AI batch: a key or the request itself beside the response.

The response keeps its own id, so the same response met elsewhere is the same call. Batch prices hold
(https://ai.google.dev/gemini-api/docs/batch-api, https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/batch-prediction-gemini).
"""

from llmcost.ingest.source import Source
from llmcost.ingest.sources import _gemini

_BODY = "response."
_FIELDS = _gemini.fields(_BODY)

# Vertex AI says in `status` why a line failed, and leaves the response empty.
_FAILED = (
    "(@processed_time is not null and filled(@status) is not null and @request.contents:json is not null "
    f"and not ({_gemini.claims(_BODY)}))"
)

source = Source(
    title="Gemini batch results",
    issuer="'google'",
    claims=f"({_gemini.claims(_BODY)} and (@processed_time is not null or (@key is not null and @model is null))) or {_FAILED}",
    weak_ids=True,
    steps=_gemini.steps(_BODY),
    fields={
        **_FIELDS,
        "started_at": f"coalesce({_FIELDS['started_at']}, @processed_time:time)",
        "provider": "case when @processed_time is not null then 'vertex' end",
        "processing": "'batch'",
        "status": f"case when {_FAILED} then 'error' else 'ok' end",
        "error_type": f"case when {_FAILED} then left(@status, 100) else {_FIELDS['error_type']} end",
    },
    tags=("pair('key', @key)",),
    revision=3,
)
