"""LiteLLM standard logging payload: what its callbacks write to S3, GCS, Datadog, Pub/Sub and custom loggers.

Same calls as the spend logs, so the same issuer and id (https://docs.litellm.ai/docs/proxy/logging_spec). Token totals are
inclusive as there; details come from `response.usage`, or `metadata.usage_object` where the response was redacted. A
cache hit repeats the first answer's id with a suffix of its own in each log, so a hit met in both logs stays two free
rows. Times are Unix seconds or text.
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

_RESPONSE, _OBJECT = usage_steps("response.usage"), usage_steps("metadata.usage_object")
_HIT = "lower(@cache_hit) = 'true'"

source = Source(
    title="LiteLLM logging payload",
    revision=3,
    issuer="'litellm'",
    claims="@id is not null and @call_type is not null and @startTime is not null and @request_id is null "
    "and (@hidden_params:json is not null or @response_cost is not null)",
    keeps=keeps("response_cost"),
    steps={
        **told(
            f"coalesce({_RESPONSE['prompt']}, {_OBJECT['prompt']})",
            f"coalesce({_RESPONSE['completion']}, {_OBJECT['completion']})",
            "coalesce(@status, 'success')",
        ),
        **{
            name: f"greatest({_RESPONSE[name]}, {_OBJECT[name]})"
            for name in ("written", "written_1h", "audio_in", "image_in", "audio_out", "image_out", "searches")
        },
        # The Responses API names its details differently.
        "cached": f"greatest({_RESPONSE['cached']}, {_OBJECT['cached']}, #response.usage.input_tokens_details.cached_tokens)",
        "reasoning": f"greatest({_RESPONSE['reasoning']}, {_OBJECT['reasoning']}, "
        "#response.usage.output_tokens_details.reasoning_tokens)",
    },
    fields={
        "request_id": f"filled(@id) || case when {_HIT} and not contains(@id, '_cache_hit') "
        "then '_cache_hit' || @startTime else '' end",
        "started_at": "@startTime:time",
        "ended_at": "@endTime:time",
        "provider": "filled(@custom_llm_provider)",
        "request_model": "coalesce(filled(@model_group), filled(@model))",
        "response_model": "filled(@model)",
        "operation": CALL_TYPE_OPERATIONS,
        "processing": "case when contains(@call_type, 'batch') then 'batch' end",
        "service_tier": "coalesce(filled(@response.service_tier), filled(@cost_breakdown.service_tier))",
        **proxy_status("@status", "error_information"),
        "latency_ms": "elapsed_ms(@startTime:time, @endTime:time)",
        "time_to_first_token_ms": "case when @completionStartTime:time < @endTime:time "
        "then elapsed_ms(@startTime:time, @completionStartTime:time) end",
        "gateway_cached": _HIT,
        "temperature": "number_of(@model_parameters.temperature)",
        "max_output_tokens": "coalesce(count_of(@model_parameters.max_completion_tokens), count_of(@model_parameters.max_tokens))",
        "stream": "flag(@stream)",
        "api_key_id": "coalesce(filled(@metadata.user_api_key_alias), filled(@metadata.user_api_key_hash))",
        "project": "coalesce(filled(@metadata.user_api_key_project_alias), filled(@metadata.user_api_key_project_id))",
        "trace_id": "filled(@trace_id)",
        **USAGE_FIELDS,
        "reported_cost": "amount(@response_cost)",
        "reported_currency": "'USD'",
        "reported_by": "'litellm'",
    },
    tags=(
        *CALLER_TAGS,
        """concat_ws(',', pair('end_user', coalesce(filled(@end_user), @metadata.user_api_key_end_user_id)),
            pair('user', @metadata.user_api_key_user_id), pair('user_email', @metadata.user_api_key_user_email),
            pair('team_alias', @metadata.user_api_key_team_alias), pair('team_id', @metadata.user_api_key_team_id),
            pair('organization_id', @metadata.user_api_key_org_id))""",
    ),
)
