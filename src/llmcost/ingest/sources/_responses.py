"""A Responses body, bare or inside a stream event."""

from llmcost.ingest.sources._openai import (
    RESPONSES,
    USAGE_FIELDS,
    billed_fields,
    provider,
    response_status,
    tool_fields,
    usage_steps,
)


def steps(body: str = "") -> dict[str, str]:
    """Steps for the body at path prefix `body` (empty, or ending in a dot)."""
    return usage_steps(f"{body}usage", RESPONSES)


def fields(body: str = "") -> dict[str, str]:
    """Columns for the body at that prefix."""
    return {
        "request_id": f"filled(@{body}id)",
        "started_at": f"@{body}created_at:time",
        # Both in whole seconds: too coarse to be a latency.
        "ended_at": f"@{body}completed_at:time",
        "provider": provider(body),
        "response_model": f"filled(@{body}model)",
        # What was asked for; a finished answer says which tier served it.
        "service_tier": f"nullif(filled(@{body}service_tier), 'auto')",
        "final": f"coalesce(@{body}status not in ('queued', 'in_progress'), true)",
        "status": response_status(body),
        "error_type": f"coalesce(filled(@{body}error.code), filled(@{body}incomplete_details.reason))",
        "temperature": f"number_of(@{body}temperature)",
        "max_output_tokens": f"#{body}max_output_tokens",
        "session_id": f"filled(@{body}conversation.id)",
        **USAGE_FIELDS,
        **tool_fields(body),
        **billed_fields(body),
    }


def tags(body: str = "") -> tuple[str, ...]:
    """Tags for the body at that prefix."""
    return (
        f"pairs_of(@{body}metadata:json)",
        f"pair('user', coalesce(filled(@{body}user), filled(@{body}safety_identifier)))",
        f"concat_ws(',', pair('prompt_name', @{body}prompt.id), pair('prompt_version', @{body}prompt.version))",
    )
