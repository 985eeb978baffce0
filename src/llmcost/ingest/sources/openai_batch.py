"""Lines of a batch's output and error files: OpenAI, Azure, and others with the same files.

A line wraps the body of a chat, responses or embeddings call, which keeps its own id, so a call met again as a bare
body is the same call; lines without one are known by the batch request's id. Batch prices hold
(https://platform.openai.com/docs/guides/batch).
"""

from llmcost.ingest.source import Source
from llmcost.ingest.sources._openai import (
    CHAT,
    RESPONSES,
    USAGE_FIELDS,
    billed_fields,
    provider,
    response_status,
    tool_fields,
    usage_steps,
)

_BODY = "response.body."

source = Source(
    title="OpenAI batch output",
    issuer="'openai'",
    claims="@custom_id is not null and @result is null "
    "and (@response.status_code is not null or @response.body.object is not null or @error.code is not null)",
    weak_ids=True,
    steps=usage_steps(f"{_BODY}usage", CHAT, RESPONSES),
    fields={
        "request_id": f"coalesce(filled(@{_BODY}id), filled(@id))",
        "started_at": f"coalesce(@{_BODY}created:time, @{_BODY}created_at:time)",
        "ended_at": f"@{_BODY}completed_at:time",
        "provider": provider(_BODY),
        "response_model": f"filled(@{_BODY}model)",
        "operation": f"case @{_BODY}object when 'list' then 'embeddings' when 'text_completion' then 'text_completion' end",
        "processing": "'batch'",
        "service_tier": f"nullif(filled(@{_BODY}service_tier), 'batch')",
        "status": f"case when @error.code is not null or @error.message is not null or #response.status_code >= 400 then 'error' "
        f"else {response_status(_BODY)} end",
        "http_status": "try_cast(#response.status_code as integer)",
        "error_type": f"coalesce(filled(@error.code), filled(@{_BODY}error.code), filled(@{_BODY}error.type), "
        f"filled(@{_BODY}incomplete_details.reason))",
        "temperature": f"number_of(@{_BODY}temperature)",
        "max_output_tokens": f"#{_BODY}max_output_tokens",
        **USAGE_FIELDS,
        **tool_fields(_BODY),
        **billed_fields(_BODY),
    },
    tags=(
        f"pairs_of(@{_BODY}metadata:json)",
        f"concat_ws(',', pair('user', @{_BODY}user), pair('custom_id', @custom_id))",
    ),
    revision=4,
)
