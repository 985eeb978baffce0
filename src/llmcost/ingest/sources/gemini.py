"""Bodies of Gemini's `generateContent` and `embedContent`, from the Gemini API or Vertex AI.

`promptTokenCount` includes cached and excludes tool tokens, `candidatesTokenCount` excludes thoughts
(https://ai.google.dev/api/generate-content#UsageMetadata). The Gemini API states no time: the envelope does, or `--at`.
"""

from llmcost.ingest.source import Source
from llmcost.ingest.sources import _gemini

source = Source(
    title="Gemini generateContent",
    issuer="'google'",
    claims=_gemini.claims(),
    body=True,
    weak_ids=True,
    steps=_gemini.steps(),
    fields=_gemini.fields(),
    revision=2,
)
