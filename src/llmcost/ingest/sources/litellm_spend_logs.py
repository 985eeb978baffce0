"""LiteLLM spend logs: rows of `LiteLLM_SpendLogs`, as CSV or JSON, and answers of `/spend/logs` and `/spend/logs/v2`.

`prompt_tokens` includes cache reads and writes; `metadata.usage_object` holds the provider's own usage and is read
first. `spend` is what the proxy computed, kept as `reported_cost`. `user` owns the API key, `end_user` is the customer
of the request body. Shape: litellm 1.109.1, proxy/schema.prisma (https://github.com/BerriAI/litellm).
"""

from llmcost.ingest.source import Source
from llmcost.ingest.sources._litellm import (
    CALL_TYPE_OPERATIONS,
    CALLER_TAGS,
    USAGE_FIELDS,
    keeps,
    proxy_status,
    told,
    usage_steps,
)

_USAGE = usage_steps("metadata.usage_object")
_STATUS = "coalesce(@status, @metadata.status)"

source = Source(
    title="LiteLLM spend logs",
    revision=4,
    issuer="'litellm'",
    claims="@request_id is not null and @call_type is not null and @startTime is not null and @spend is not null",
    json_text=("metadata",),
    usage_text=("metadata",),
    sparse=(
        "metadata.usage_object.prompt_tokens_details",
        "metadata.usage_object.completion_tokens_details",
        "metadata.usage_object.server_tool_use",
        "metadata.error_information",
    ),
    keeps=keeps("spend"),
    steps={**_USAGE, **told(_USAGE["prompt"], _USAGE["completion"], f"coalesce({_STATUS}, 'success')")},
    fields={
        "request_id": "filled(@request_id)",
        "started_at": "@startTime:time",
        "ended_at": "@endTime:time",
        "provider": "filled(@custom_llm_provider)",
        "request_model": "coalesce(filled(@model_group), filled(@model))",
        "response_model": "filled(@model)",
        "operation": CALL_TYPE_OPERATIONS,
        "processing": "case when contains(@call_type, 'batch') then 'batch' end",
        "service_tier": "filled(@metadata.cost_breakdown.service_tier)",
        **proxy_status(_STATUS, "metadata.error_information"),
        "latency_ms": "coalesce(number_of(@request_duration_ms), elapsed_ms(@startTime:time, @endTime:time))",
        "time_to_first_token_ms": "case when @completionStartTime < @endTime "
        "then elapsed_ms(@startTime:time, instant(@completionStartTime)) end",
        "attempt": "try_cast(1 + #metadata.attempted_retries as integer)",
        "gateway_cached": "lower(@cache_hit) = 'true'",
        "api_key_id": "coalesce(filled(@metadata.user_api_key_alias), filled(@api_key))",
        "project": "coalesce(filled(@metadata.user_api_key_project_alias), filled(@metadata.user_api_key_project_id))",
        "session_id": "filled(@session_id)",
        **USAGE_FIELDS,
        "reported_cost": "amount(@spend)",
        "reported_currency": "'USD'",
        "reported_by": "'litellm'",
    },
    tags=(
        *CALLER_TAGS,
        """concat_ws(',', pair('end_user', @end_user), pair('user', @user),
            pair('user_email', @metadata.user_api_key_user_email), pair('team_alias', @metadata.user_api_key_team_alias),
            pair('team_id', @team_id), pair('organization_id', @organization_id))""",
    ),
)
