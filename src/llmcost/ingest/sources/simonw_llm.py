"""Calls logged by `llm`, the command-line tool: its database (`logs.db`) and what `llm logs --json` prints.

`token_details` is what is left of the provider's own usage: OpenAI's and Gemini's input includes the cached tokens named
there, Anthropic's does not; reasoning is inside `output_tokens`. The database has `turns`, older ones `responses`, which
share one space of ids (https://llm.datasette.io/en/stable/logging.html, https://llm.datasette.io/en/stable/usage.html).
"""

from llmcost.ingest.source import Source
from llmcost.ingest.sources._answers import answer_fields, answer_steps

_DETAILS = "token_details"

source = Source(
    title="llm logs",
    revision=3,
    issuer="'llm'",
    claims="@datetime_utc is not null and @model is not null "
    "and coalesce(@input_tokens, @output_tokens, @duration_ms, @conversation_id, @thread_id) is not null "
    # Else it is somebody's envelope around a provider's answer.
    "and json_type(@response:json) is distinct from 'OBJECT'",
    json_text=(_DETAILS,),
    usage_text=(_DETAILS,),
    weak_ids=True,
    steps=answer_steps(
        _DETAILS,
        row={
            "prompt": ("#input_tokens",),
            "completion": ("#output_tokens",),
            "cached": (f"#{_DETAILS}.cachedContentTokenCount",),
            "reasoning": (f"#{_DETAILS}.thoughtsTokenCount",),
        },
    ),
    fields={
        "request_id": "filled(@id)",
        "started_at": "@datetime_utc:time",
        "request_model": "filled(@model)",
        "response_model": "filled(@resolved_model)",
        "latency_ms": "number_of(@duration_ms)",
        "session_id": "coalesce(filled(@thread_id), filled(@conversation_id))",
        **answer_fields(
            f"coalesce(@{_DETAILS}.cache_read_input_tokens, @{_DETAILS}.cache_creation_input_tokens) is not null"
        ),
    },
)
