"""Events of a stream of Gemini's Interactions API, one per line; the one that carries the usage is read, the others are skipped.

It is `interaction.completed`, and was `interaction.complete` before May 2026
(https://ai.google.dev/gemini-api/docs/interactions-breaking-changes-may-2026).
"""

from llmcost.ingest.source import Source
from llmcost.ingest.sources import _gemini_interactions

source = Source(
    title="Gemini Interactions stream events",
    issuer="'google'",
    claims="starts_with(@event_type, 'interaction.') "
    "or (one_of(@event_type, '(step|content)[.](start|delta|stop)') and @index is not null)",
    keeps="@interaction.usage.total_input_tokens is not null",
    body=True,
    weak_ids=True,
    steps=_gemini_interactions.steps("interaction."),
    fields={**_gemini_interactions.fields("interaction."), "stream": "true"},
    tags=_gemini_interactions.tags("interaction."),
)
