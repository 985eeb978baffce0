"""Messages of opencode: files of its old storage (`storage/message/*/msg_*.json`), and rows of its database.

Counts are disjoint: `output` leaves out `reasoning`, `input` leaves out what was read from and written to a cache. `cost`
is opencode's own reckoning in USD, kept as `reported_cost`; it is 0 for subscriptions and local models
(https://opencode.ai/docs/troubleshooting/).
"""

from llmcost.ingest.source import Source

_KNOWN = "$input is not null"


def _text(name: str) -> str:
    """SQL for a key that another source spells with other capitals, which the reader's columns cannot hold side by side."""
    return f"json_extract_string(@@, '/{name}')"


source = Source(
    title="opencode messages",
    issuer="'opencode'",
    claims=f"@role is not null and @time.created is not null and {_text('sessionID')} is not null",
    keeps="@role = 'assistant' and @tokens.input is not null",
    whole=True,
    steps={"input": "#tokens.input"},
    fields={
        "request_id": "filled(@id)",
        "started_at": "@time.created:time",
        "ended_at": "@time.completed:time",
        "provider": "filled(@providerID)",
        "request_model": f"filled({_text('modelID')})",
        "status": "case when @error.name = 'MessageAbortedError' then 'cancelled' when @error.name is not null then 'error' end",
        "error_type": "filled(@error.name)",
        "latency_ms": "elapsed_ms(@time.created:time, @time.completed:time)",
        "session_id": f"filled({_text('sessionID')})",
        "project": "filled(@path.root)",
        "parent_id": "filled(@parentID)",
        "uncached_input_tokens": "$input",
        "cache_read_tokens": f"case when {_KNOWN} then coalesce(#tokens.cache.read, 0) end",
        "cache_write_5m_tokens": f"case when {_KNOWN} then coalesce(#tokens.cache.write, 0) end",
        "cache_write_1h_tokens": f"case when {_KNOWN} then 0 end",
        "output_text_tokens": "#tokens.output",
        "reasoning_tokens": f"case when {_KNOWN} then coalesce(#tokens.reasoning, 0) end",
        "reported_cost": "nullif(amount(@cost), 0)",
        "reported_currency": "case when amount(@cost) > 0 then 'USD' end",
        "reported_by": "case when amount(@cost) > 0 then 'opencode' end",
    },
    tags=("concat_ws(',', pair('agent', coalesce(@agent, @mode)), pair('cwd', @path.cwd))",),
)
