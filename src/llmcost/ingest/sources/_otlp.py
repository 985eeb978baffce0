"""Spans taken apart into flat records, whatever they arrive in.

OTLP/JSON files (`resourceSpans`; https://opentelemetry.io/docs/specs/otel/protocol/file-exporter/), spans one by one as SDK
console exporters and Phoenix write them (`context`, `attributes`), and attribute objects by themselves.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from llmcost.ingest.source import Numbered, Record
from llmcost.ingest.sources._agent_events import EVENT_HEAD, event_of, flat_event, is_agents
from llmcost.ingest.sources._span_attributes import (
    TAG_OBJECTS,
    has_usage,
    is_openinference,
    kept,
    operation_of,
    tag_list_of,
    tags_of,
)
from llmcost.ingest.sources._span_tree import settled

_PHOENIX_KINDS = (
    "AGENT",
    "CHAIN",
    "EMBEDDING",
    "EVALUATOR",
    "GUARDRAIL",
    "LLM",
    "PROMPT",
    "RERANKER",
    "RETRIEVER",
    "TOOL",
)
_DEPTH = 16
"""How deep attribute values are followed."""


def is_spans(record: Record) -> bool:
    """A container of spans or of agents' log events, calls or not, a span, or a span's attributes by themselves."""
    if isinstance(record.get("resourceSpans"), list) or _is_span(record):
        return True
    if isinstance(record.get("resourceLogs"), list):
        return any(is_agents(one, attributes) for one, attributes, _ in _log_records(record))
    # An access log with gen_ai fields is not a span: it has a response code of its own.
    named = "openinference.span.kind" in record or "gen_ai.operation.name" in record
    return named and "response_code" not in record


def spans(numbered: Iterable[Numbered], _lineage: Mapping[str, str]) -> Iterator[Numbered]:
    """One flat record per span: `otlp_span` with its ids, times and role, `attributes`, `tags`, `tag_list`."""
    return settled((line, span) for line, record in numbered for span in taken_apart(record))


def _is_span(record: Record) -> bool:
    context = record.get("context")
    return isinstance(context, dict) and "span_id" in context and isinstance(record.get("attributes"), dict)


def taken_apart(record: Record) -> Iterator[Record]:
    """The same of one record, before it is settled which span of a trace is the call."""
    if isinstance(record.get("resourceSpans"), list):
        for group in _objects(record["resourceSpans"]):
            resource = _attributes(_object(group.get("resource")).get("attributes"))
            for scoped in _objects(group.get("scopeSpans") or group.get("instrumentationLibrarySpans")):
                scope = _object(scoped.get("scope") or scoped.get("instrumentationLibrary")).get("name")
                for span in _objects(scoped.get("spans")):
                    yield _flat(span, _attributes(span.get("attributes")), resource, scope)
    elif isinstance(record.get("resourceLogs"), list):
        yield from _events(record)
    elif _is_span(record):
        context = record["context"]
        status = record.get("status")
        span = {
            "traceId": context.get("trace_id"),
            "spanId": context.get("span_id"),
            "parentSpanId": record.get("parent_id"),
            "startTimeUnixNano": record.get("start_time"),
            "endTimeUnixNano": record.get("end_time"),
            "status": {"code": _object(status).get("status_code") or record.get("status_code")},
        }
        resource = _object(_object(record.get("resource")).get("attributes"))
        attributes = _flattened(record["attributes"])
        if record.get("span_kind") in _PHOENIX_KINDS:
            # Phoenix takes the kind out of the attributes it was in.
            attributes.setdefault("openinference.span.kind", record["span_kind"])
        yield _flat(span, attributes, resource, None)
    else:
        times = {
            "startTimeUnixNano": record.get("start_time") or record.get("timestamp"),
            "endTimeUnixNano": record.get("end_time"),
        }
        yield _flat(times, record, {}, None)


def _events(record: Record) -> Iterator[Record]:
    """The log records of agents, of which some are calls; the others are nobody's."""
    for one, attributes, resource in _log_records(record):
        event = event_of(one, attributes)
        if event is not None:
            yield flat_event(event, one, attributes, resource)
        elif is_agents(one, attributes):
            yield {"otlp_span": {**EVENT_HEAD}}


def _log_records(record: Record) -> Iterator[tuple[Record, Record, Record]]:
    """Every log record, its attributes, and those of its resource."""
    for group in _objects(record["resourceLogs"]):
        resource = _attributes(_object(group.get("resource")).get("attributes"))
        for scoped in _objects(group.get("scopeLogs")):
            for one in _objects(scoped.get("logRecords")):
                yield one, _attributes(one.get("attributes")), resource


def _flat(span: Record, attributes: Record, resource: Record, scope: Any) -> Record:
    operation = operation_of(attributes)
    head = {
        "trace_id": _id(span.get("traceId")),
        "span_id": _id(span.get("spanId")),
        "parent_id": _id(span.get("parentSpanId")),
        "started_at": _time(span.get("startTimeUnixNano")),
        "ended_at": _time(span.get("endTimeUnixNano")),
        "failed": str(_object(span.get("status")).get("code")).upper() in {"2", "STATUS_CODE_ERROR", "ERROR"},
        "scope": scope,
        "dialect": "openinference" if is_openinference(attributes) else "genai",
        "operation": operation,
        "usage": has_usage(attributes),
        "role": "other" if operation is None else "call",
        "wraps": False,
    }
    if operation is None:
        return {"otlp_span": head}
    return {
        "otlp_span": head,
        "attributes": kept(attributes),
        "tags": tags_of({**resource, **attributes}),
        "tag_list": tag_list_of(attributes),
    }


def _attributes(listed: Any, depth: int = 0) -> Record:
    """`[{key, value: {stringValue: ..}}]` as an object; the first of two equal keys counts."""
    found: Record = {}
    for item in _objects(listed):
        if isinstance(item.get("key"), str):
            found.setdefault(item["key"], _value(item.get("value"), depth))
    return found


def _value(value: Any, depth: int = 0) -> Any:
    """OTLP's AnyValue as a plain one; whole numbers arrive as text."""
    if not isinstance(value, dict):
        return value
    if depth > _DEPTH:
        return None
    for kind in ("stringValue", "intValue", "doubleValue", "boolValue"):
        if kind in value:
            return value[kind]
    if "arrayValue" in value:
        return [_value(item, depth + 1) for item in _objects(_object(value["arrayValue"]).get("values"))]
    if "kvlistValue" in value:
        return _attributes(_object(value["kvlistValue"]).get("values"), depth + 1)
    return None


def _flattened(attributes: Record, prefix: str = "", depth: int = 0) -> Record:
    """Nested attribute objects with dotted keys; `metadata` stays an object."""
    found: Record = {}
    for key, value in attributes.items():
        path = f"{prefix}{key}"
        if isinstance(value, dict) and path not in TAG_OBJECTS and depth < _DEPTH:
            found |= _flattened(value, f"{path}.", depth + 1)
        else:
            found[path] = value
    return found


def _object(value: Any) -> Record:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[Record]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _id(value: Any) -> str | None:
    text = str(value).lower().removeprefix("0x") if value else ""
    return text if text.strip("0") else None


def _time(value: Any) -> str | None:
    text = str(value) if value is not None else ""
    return None if text in {"", "0"} else text


def at(*keys: str, counts: bool = True) -> str:
    """SQL: the first of these attributes that is present, as a count or as text."""
    marks = [f'{"#" if counts else "@"}attributes."{key}"' for key in keys]
    if not counts:
        marks = [f"filled({mark})" for mark in marks]
    return f"coalesce({', '.join(marks)}, null)"


SPAN_FIELDS = {
    "request_id": "@otlp_span.trace_id || ':' || @otlp_span.span_id",
    "trace_id": "@otlp_span.trace_id",
    "parent_id": "@otlp_span.parent_id",
    "started_at": "@otlp_span.started_at:time",
    "ended_at": "@otlp_span.ended_at:time",
    "latency_ms": "elapsed_ms(@otlp_span.started_at:time, @otlp_span.ended_at:time)",
    "operation": "@otlp_span.operation",
    "status": "case when @otlp_span.failed = 'true' then 'error' else 'ok' end",
    "http_status": 'try_cast(count_of(coalesce(@attributes."http.response.status_code", @attributes."http.status_code")) as integer)',
    "error_type": 'filled(@attributes."error.type")',
    "temperature": 'number_of(@attributes."gen_ai.request.temperature")',
    "max_output_tokens": 'count_of(@attributes."gen_ai.request.max_tokens")',
}
"""Columns that do not depend on the attribute dialect."""

SPAN_TAGS = ("pairs_of(@tags:json)", "pairs_of_list(@tag_list:list, 'tags')")
