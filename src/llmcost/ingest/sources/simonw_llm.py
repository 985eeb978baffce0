"""Calls logged by `llm`, the command-line tool: its database (`logs.db`) and what `llm logs --json` prints.

`token_details` is what is left of the provider's own usage: OpenAI's and Gemini's input includes the cached tokens named
there, Anthropic's does not; reasoning is inside `output_tokens`. The database has `turns`, older ones `responses`, which
share one space of ids (https://llm.datasette.io/en/stable/logging.html, https://llm.datasette.io/en/stable/usage.html).
"""

from llmcost.ingest.source import Source

_DETAILS = "token_details"
_KNOWN = "$input is not null or $output is not null"

source = Source(
    title="llm logs",
    revision=2,
    issuer="'llm'",
    claims="@datetime_utc is not null and @model is not null "
    "and coalesce(@input_tokens, @output_tokens, @duration_ms, @conversation_id, @thread_id) is not null "
    # Else it is somebody's envelope around a provider's answer.
    "and json_type(@response:json) is distinct from 'OBJECT'",
    json_text=(_DETAILS,),
    usage_text=(_DETAILS,),
    weak_ids=True,
    steps={
        "input": "#input_tokens",
        "output": "#output_tokens",
        "apart": f"coalesce(#{_DETAILS}.cache_read_input_tokens, 0)",
        "within": f"coalesce(#{_DETAILS}.prompt_tokens_details.cached_tokens, "
        f"#{_DETAILS}.input_tokens_details.cached_tokens, #{_DETAILS}.cachedContentTokenCount, 0)",
        "written": f"coalesce(#{_DETAILS}.cache_creation_input_tokens, 0)",
        "written_1h": f"coalesce(#{_DETAILS}.cache_creation.ephemeral_1h_input_tokens, 0)",
        "reasoning": f"coalesce(#{_DETAILS}.completion_tokens_details.reasoning_tokens, "
        f"#{_DETAILS}.output_tokens_details.reasoning_tokens, #{_DETAILS}.thoughtsTokenCount, 0)",
    },
    fields={
        "request_id": "filled(@id)",
        "started_at": "@datetime_utc:time",
        "request_model": "filled(@model)",
        "response_model": "filled(@resolved_model)",
        "latency_ms": "number_of(@duration_ms)",
        "session_id": "coalesce(filled(@thread_id), filled(@conversation_id))",
        "uncached_input_tokens": "beyond($input, $within)",
        "cache_read_tokens": f"case when {_KNOWN} then $apart + $within end",
        "cache_write_5m_tokens": f"case when {_KNOWN} then greatest($written - $written_1h, 0) end",
        "cache_write_1h_tokens": f"case when {_KNOWN} then $written_1h end",
        "output_text_tokens": "beyond($output, $reasoning)",
        "reasoning_tokens": f"case when {_KNOWN} then $reasoning end",
    },
)
