"""What is read of a span's attributes, by name and never wholesale: they hold prompts and answers."""

import json
from typing import Any

from llmcost.domain.attribution import DEFAULT_ATTRIBUTION
from llmcost.ingest.source import Record

_LONGEST_TAG = 1000
_KEPT_PREFIXES = ("gen_ai.usage.", "llm.token_count.", "llm.cost.", "ai.usage.", "tfy.model.", "tfy.request.")
_KEPT = frozenset(
    (
        *(
            "gen_ai.operation.name",
            "gen_ai.provider.name",
            "gen_ai.system",
            "gen_ai.request.model",
            "gen_ai.response.model",
        ),
        *("gen_ai.response.id", "gen_ai.request.temperature", "gen_ai.request.max_tokens", "gen_ai.request.stream"),
        *("gen_ai.is_streaming", "gen_ai.response.time_to_first_chunk", "gen_ai.server.time_to_first_token"),
        *("gen_ai.request.service_tier", "gen_ai.response.service_tier", "gen_ai.openai.response.service_tier"),
        *("openai.response.service_tier", "gen_ai.openai.request.service_tier", "openai.request.service_tier"),
        *(
            "llm.request.type",
            "llm.is_streaming",
            "llm.model_name",
            "llm.provider",
            "llm.system",
            "openinference.span.kind",
        ),
        *(
            "embedding.model_name",
            "reranker.model_name",
            "ai.model.id",
            "ai.model.provider",
            "ai.response.msToFirstChunk",
        ),
        *("tfy.span_type", "tfy.request_cost", "error.type", "http.response.status_code", "http.status_code"),
    )
)
_USAGE = (
    *("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "gen_ai.usage.output_tokens"),
    *("gen_ai.usage.completion_tokens", "llm.token_count.prompt", "llm.token_count.completion"),
    *("ai.usage.promptTokens", "ai.usage.completionTokens", "ai.usage.inputTokens", "ai.usage.outputTokens"),
    *("ai.usage.tokens", "tfy.model.metric.input_tokens", "tfy.model.metric.output_tokens"),
)
_OPENINFERENCE = ("openinference.span.kind", "llm.token_count.prompt", "llm.token_count.completion", "llm.model_name")

_OPERATIONS = {
    "chat": "chat",
    "generate_content": "chat",
    "responses": "chat",
    "text_completion": "text_completion",
    "completion": "text_completion",
    "embeddings": "embeddings",
    "embedding": "embeddings",
    "rerank": "rerank",
    "reranker": "rerank",
    "llm": "chat",
    "chatcompletion": "chat",
    "createmodelresponse": "chat",
    "agentresponse": "chat",
}
_NO_CALLS = frozenset(
    (
        *(
            "create_agent",
            "invoke_agent",
            "execute_tool",
            "invoke_workflow",
            "invoke_task",
            "retrieval",
            "plan",
            "unknown",
        ),
        *("workflow", "task", "agent", "tool", "chain", "retriever", "guardrail", "evaluator", "prompt"),
    )
)

_TAGS = {
    "user": (
        *("user.id", "gen_ai.user", "enduser.id", "langfuse.user.id", "traceloop.association.properties.user_id"),
        *("ai.telemetry.metadata.userId", "gen_ai.request.user", "llm.user"),
    ),
    "session_id": (
        *("session.id", "gen_ai.conversation.id", "langfuse.session.id", "traceloop.association.properties.session_id"),
        *("ai.telemetry.metadata.sessionId", "tfy.request.conversation_id"),
    ),
    "agent_name": ("gen_ai.agent.name",),
    "workflow": ("traceloop.workflow.name", "gen_ai.workflow.name"),
    "prompt_name": ("gen_ai.prompt.name", "langfuse.observation.prompt.name"),
    "prompt_version": ("gen_ai.prompt.version", "langfuse.observation.prompt.version", "llm.prompt_template.version"),
    "response_id": ("gen_ai.response.id",),
    "environment": ("langfuse.environment",),
    "deployment.environment.name": ("deployment.environment.name", "deployment.environment"),
    "service.name": ("service.name",),
}
_NAMED = {key for keys in _TAGS.values() for key in keys}
_WHO = {
    spelling: key
    for keys in DEFAULT_ATTRIBUTION.values()
    for key in keys
    for spelling in (key, key.replace("_", "."))
    if spelling not in _NAMED
}
"""Attributes that an application sets by the names attribution knows, or by those with dots: `team`, `tenant.id`."""
_TAG_PREFIXES = ("traceloop.association.properties.", "langfuse.trace.metadata.", "ai.telemetry.metadata.", "metadata.")
TAG_OBJECTS = ("metadata", "langfuse.trace.metadata", "tfy.request.metadata")
_TAG_LISTS = ("tag.tags", "langfuse.trace.tags")


def is_openinference(attributes: Record) -> bool:
    """OpenInference's dialect rather than OpenTelemetry's own."""
    return any(key in attributes for key in _OPENINFERENCE)


def has_usage(attributes: Record) -> bool:
    """Whether the span states tokens at all."""
    return any(attributes.get(key) is not None for key in _USAGE)


def kept(attributes: Record) -> Record:
    """The attributes the sources read, and the few numbers they need out of those that are JSON."""
    found = {key: value for key, value in attributes.items() if key in _KEPT or key.startswith(_KEPT_PREFIXES)}
    parameters = _parsed_object(attributes.get("llm.invocation_parameters"))
    output = _parsed_object(attributes.get("tfy.output"))
    usage = _parsed_object(output.get("usage"))
    prompt = _parsed_object(usage.get("prompt_tokens_details"))
    completion = _parsed_object(usage.get("completion_tokens_details"))
    inner = {
        "gen_ai.request.temperature": parameters.get("temperature"),
        "gen_ai.request.max_tokens": parameters.get("max_completion_tokens") or parameters.get("max_tokens"),
        "gen_ai.response.model": output.get("model"),
        "tfy.model.metric.cache_read_input_tokens": prompt.get("cached_tokens", usage.get("cache_read_input_tokens")),
        "tfy.model.metric.cache_creation_input_tokens": usage.get(
            "cache_creation_input_tokens", prompt.get("cache_write_tokens")
        ),
        "gen_ai.usage.reasoning_tokens": completion.get("reasoning_tokens"),
    }
    return {key: value for key, value in inner.items() if value is not None} | found


def operation_of(attributes: Record) -> str | None:
    """Our operation if the span is a call to a model, else None."""
    kind = str(attributes.get("tfy.span_type", "")).lower()
    if kind:
        stated = attributes.get("tfy.model.request_type", "chat") if kind in {"model", "llm"} else "unknown"
    else:
        keys = ("openinference.span.kind", "gen_ai.operation.name", "llm.request.type", "traceloop.span.kind")
        stated = next((attributes[key] for key in keys if attributes.get(key)), None)
    if stated is None and not has_usage(attributes):
        return None
    if stated is None:
        # The Vercel AI SDK names what it does in its own words: `ai.embed`, `ai.embedMany.doEmbed`.
        return "embeddings" if str(attributes.get("ai.operationId")).startswith("ai.embed") else "chat"
    name = str(stated).lower()
    if name in _OPERATIONS:
        return _OPERATIONS[name]
    if name in _NO_CALLS or not has_usage(attributes):
        return None
    return "chat"


def tags_of(attributes: Record) -> dict[str, str]:
    """What a span says about who it was for."""
    found: dict[str, Any] = {}
    for key in TAG_OBJECTS:
        held = parsed(attributes.get(key))
        if isinstance(held, dict):
            found |= held
    for key, value in attributes.items():
        prefix = next((p for p in _TAG_PREFIXES if key.startswith(p)), None)
        if prefix is not None:
            found.setdefault(key.removeprefix(prefix), value)
        elif key in _WHO:
            found.setdefault(_WHO[key], value)
    for tag, keys in _TAGS.items():
        stated = next((text for key in keys if (text := _text(attributes.get(key)))), None)
        if stated is not None:
            found.setdefault(tag, stated)
    return {key: text for key, value in found.items() if (text := _text(value))}


def tag_list_of(attributes: Record) -> list[str]:
    """The tags a span lists without keys."""
    lists = [parsed(attributes.get(key)) for key in _TAG_LISTS]
    return [text for held in lists if isinstance(held, list) for item in held if (text := _text(item))]


def _text(value: Any) -> str | None:
    """A scalar as the text of a tag; None for what is no label."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value) if isinstance(value, str | int | float) else ""
    return text if 0 < len(text) <= _LONGEST_TAG else None


def parsed(value: Any) -> Any:
    """An object or list that may stand inside a string."""
    if not isinstance(value, str) or value[:1] not in {"{", "["}:
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


def _parsed_object(value: Any) -> Record:
    held = parsed(value)
    return held if isinstance(held, dict) else {}
