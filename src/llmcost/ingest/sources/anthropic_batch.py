"""Results file of an Anthropic Message Batch: one line per request, in any order.

A result that succeeded wraps a Messages body, so the same message met elsewhere is the same call; the others were not
billed (https://docs.anthropic.com/en/docs/build-with-claude/batch-processing). Batch prices hold. No time is stated:
`--at` assumes one.
"""

from llmcost.ingest.source import Source
from llmcost.ingest.sources._anthropic import needs_parts_at, parts_at, usage_fields, usage_steps

_MESSAGE = "result.message"
_USAGE = f"{_MESSAGE}.usage"

source = Source(
    title="Anthropic batch results",
    issuer="'anthropic'",
    claims="@custom_id is not null and one_of(@result.type, 'succeeded|errored|canceled|expired')",
    weak_ids=True,
    steps=usage_steps(_USAGE),
    fields={
        "request_id": f"filled(@{_MESSAGE}.id)",
        "response_model": f"filled(@{_MESSAGE}.model)",
        "status": "case @result.type when 'succeeded' then 'ok' when 'canceled' then 'cancelled' else 'error' end",
        "error_type": "case when list_contains(['errored', 'expired'], @result.type) "
        "then coalesce(filled(@result.error.error.type), filled(@result.error.type), @result.type) end",
        **usage_fields(_USAGE, _MESSAGE),
        "processing": "'batch'",
    },
    tags=("pair('custom_id', @custom_id)",),
    needs_parts=needs_parts_at(_USAGE),
    parts=parts_at("result", "message"),
)
