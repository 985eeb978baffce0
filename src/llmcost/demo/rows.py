"""A call as the line LiteLLM's spend log has for it (SpendLogs row, without prompt, answer or price map)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from llmcost.demo.prices import GATEWAY_PRICES, gateway_cost
from llmcost.demo.workloads import EMBEDDING

if TYPE_CHECKING:
    from llmcost.demo.call import Call, Usage

_PLACEHOLDER_USER = "default_user_id"
_AGENT = "openai-python/2.8.1"
_encode = json.JSONEncoder(separators=(", ", ": ")).encode


def spend(call: Call) -> float:
    """What the gateway says the call cost, in USD: nothing for failures and its own cached answers."""
    if call.failure or call.cache_hit:
        return 0.0
    input_cost, output_cost = gateway_cost(call.model, call.usage)
    return input_cost + output_cost


def spend_log_line(call: Call) -> str:
    """The call as one line of JSON, without the line end."""
    return _encode(spend_log_row(call))


def spend_log_row(call: Call) -> dict[str, Any]:
    """The call as a SpendLogs row, in the gateway's order of keys."""
    usage, key = call.usage, call.key
    return {
        "request_id": call.request_id,
        "call_type": "aembedding" if call.model == EMBEDDING else "acompletion",
        "api_key": key.key_hash,
        "spend": spend(call),
        "total_tokens": usage.prompt + usage.completion,
        "prompt_tokens": usage.prompt,
        "completion_tokens": usage.completion,
        "startTime": call.started_at.isoformat(timespec="microseconds"),
        "endTime": call.ended_at.isoformat(timespec="microseconds"),
        "completionStartTime": call.first_token_at.isoformat(timespec="microseconds"),
        "model": call.model,
        "model_group": call.model.split("/")[1],
        "custom_llm_provider": GATEWAY_PRICES[call.model].provider,
        "user": _key_owner(call),
        "metadata": _metadata(call),
        "cache_hit": "True" if call.cache_hit else "None",
        "request_tags": _tags(call),
        "team_id": key.team_id,
        "end_user": _end_user(call),
        "session_id": call.session_id,
        "status": "failure" if call.failure else "success",
        "request_duration_ms": (call.ended_at - call.started_at).microseconds // 1000
        + (call.ended_at - call.started_at).seconds * 1000,
        "litellm_call_id": call.call_id,
    }


def _key_owner(call: Call) -> str:
    # Keys handed to a service carry a placeholder; the legacy key belongs to whoever calls with it.
    return call.user if call.user and call.key.attribution == "none" else _PLACEHOLDER_USER


def _end_user(call: Call) -> str:
    if call.key.attribution == "end_user":
        return call.customer or ""
    if call.key.attribution == "customer_id":
        # This team puts a person where the gateway expects a customer; its metadata says the customer.
        return call.user or ""
    return ""


def _tags(call: Call) -> list[str]:
    tags = []
    if call.feature and call.key.feature_in == "tag":
        tags.append(f"feature:{call.feature}")
    if call.environment and call.key.environment_in == "tag":
        tags.append(f"env:{call.environment}")
    if call.priority and call.key.attribution != "none":
        tags.append("priority:high")
    return [*tags, "User-Agent: openai-python", f"User-Agent: {_AGENT}"]


def _own_metadata(call: Call) -> dict[str, str] | None:
    """What the calling service sent along."""
    key = call.key
    if key.attribution == "none":
        return None
    sent: dict[str, str] = {}
    if key.attribution in ("customer_id", "tenant_id") and call.customer:
        sent[key.attribution] = call.customer
    if call.user:
        sent["user_id"] = call.user
    if call.plan:
        sent["plan"] = call.plan
    if key.environment_in == "metadata" and call.environment:
        sent["environment"] = call.environment
    return sent


def _metadata(call: Call) -> dict[str, Any]:
    key, failure = call.key, call.failure
    cost = None
    if not failure and not call.cache_hit:
        input_cost, output_cost = gateway_cost(call.model, call.usage)
        total = input_cost + output_cost
        cost = {"input_cost": input_cost, "output_cost": output_cost, "total_cost": total, "original_cost": total}
    return {
        "status": "failure" if failure else None,
        "usage_object": None if failure else _usage_object(call.model, call.usage),
        "cost_breakdown": cost,
        "user_api_key_alias": key.alias,
        "user_api_key_team_alias": key.team,
        "user_api_key_user_id": _key_owner(call),
        "spend_logs_metadata": _own_metadata(call),
        "attempted_retries": call.retries,
        "error_information": {
            "error_code": failure.code,
            "error_class": failure.error_class,
            "llm_provider": GATEWAY_PRICES[call.model].provider,
            "error_message": failure.message,
        }
        if failure
        else None,
    }


def _usage_object(model: str, usage: Usage) -> dict[str, Any]:
    totals: dict[str, Any] = {
        "total_tokens": usage.prompt + usage.completion,
        "prompt_tokens": usage.prompt,
        "completion_tokens": usage.completion,
    }
    reasoning = (
        {"reasoning_tokens": usage.reasoning, "text_tokens": usage.completion - usage.reasoning}
        if usage.reasoning
        else None
    )
    written = usage.cache_write_5m + usage.cache_write_1h
    if not model.startswith("anthropic/"):
        cached = {"cached_tokens": usage.cache_read} if usage.cache_read else None
        return {**totals, "prompt_tokens_details": cached, "completion_tokens_details": reasoning}
    return {
        **totals,
        "prompt_tokens_details": {
            "cached_tokens": usage.cache_read,
            "text_tokens": usage.prompt - usage.cache_read - written,
            "cache_creation_tokens": written,
            "cache_creation_token_details": {
                "ephemeral_5m_input_tokens": usage.cache_write_5m,
                "ephemeral_1h_input_tokens": usage.cache_write_1h,
            },
        },
        "completion_tokens_details": reasoning,
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": usage.cache_read,
    }
