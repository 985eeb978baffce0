"""OTLP's protobuf messages as the objects of its JSON encoding, which is what the sources read.

The wire format (https://protobuf.dev/programming-guides/encoding/) needs no schema to be taken apart, and the schema of OTLP
is stable (https://github.com/open-telemetry/opentelemetry-proto). Fields nobody reads are passed over, unknown ones as well.
Whole numbers stay numbers, ids become hexadecimal, text that is no UTF-8 is repaired.
"""

from collections.abc import Callable, Mapping
from struct import unpack_from
from typing import Any

from llmcost.domain.errors import DataError

Field = tuple[str, str, bool]
"""Name in JSON, kind, and whether it may stand several times. A kind is a scalar or the name of another message."""

_DEPTH = 64
"""How deep messages may stand inside each other; attribute values are the only ones that can go on."""

_RESOURCE = {1: ("attributes", "KeyValue", True)}
_SCOPE = {1: ("name", "text", False), 2: ("version", "text", False)}

MESSAGES: Mapping[str, Mapping[int, Field]] = {
    "TracesData": {1: ("resourceSpans", "ResourceSpans", True)},
    "ResourceSpans": {1: ("resource", "Resource", False), 2: ("scopeSpans", "ScopeSpans", True)},
    "ScopeSpans": {1: ("scope", "Scope", False), 2: ("spans", "Span", True)},
    "Span": {
        1: ("traceId", "id", False),
        2: ("spanId", "id", False),
        4: ("parentSpanId", "id", False),
        5: ("name", "text", False),
        6: ("kind", "whole", False),
        7: ("startTimeUnixNano", "fixed64", False),
        8: ("endTimeUnixNano", "fixed64", False),
        9: ("attributes", "KeyValue", True),
        15: ("status", "Status", False),
    },
    "Status": {2: ("message", "text", False), 3: ("code", "whole", False)},
    "LogsData": {1: ("resourceLogs", "ResourceLogs", True)},
    "ResourceLogs": {1: ("resource", "Resource", False), 2: ("scopeLogs", "ScopeLogs", True)},
    "ScopeLogs": {1: ("scope", "Scope", False), 2: ("logRecords", "LogRecord", True)},
    "LogRecord": {
        1: ("timeUnixNano", "fixed64", False),
        5: ("body", "AnyValue", False),
        6: ("attributes", "KeyValue", True),
        9: ("traceId", "id", False),
        10: ("spanId", "id", False),
        11: ("observedTimeUnixNano", "fixed64", False),
        12: ("eventName", "text", False),
    },
    "MetricsData": {1: ("resourceMetrics", "ResourceMetrics", True)},
    "ResourceMetrics": {2: ("scopeMetrics", "ScopeMetrics", True)},
    "ScopeMetrics": {2: ("metrics", "Metric", True)},
    "Metric": {
        1: ("name", "text", False),
        5: ("gauge", "Points", False),
        7: ("sum", "Points", False),
        9: ("histogram", "Points", False),
        10: ("exponentialHistogram", "Points", False),
        11: ("summary", "Points", False),
    },
    "Points": {1: ("dataPoints", "Point", True)},
    "Point": {},
    "Resource": _RESOURCE,
    "Scope": _SCOPE,
    "KeyValue": {1: ("key", "text", False), 2: ("value", "AnyValue", False)},
    "AnyValue": {
        1: ("stringValue", "text", False),
        2: ("boolValue", "truth", False),
        3: ("intValue", "whole", False),
        4: ("doubleValue", "double", False),
        5: ("arrayValue", "Array", False),
        6: ("kvlistValue", "KeyValues", False),
        7: ("bytesValue", "id", False),
    },
    "Array": {1: ("values", "AnyValue", True)},
    "KeyValues": {1: ("values", "KeyValue", True)},
}

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_SCALARS: Mapping[str, tuple[int, Callable[[Any], Any]]] = {
    "text": (_LENGTH, lambda data: bytes(data).decode("utf-8", "replace")),
    "id": (_LENGTH, lambda data: data.hex()),
    "whole": (_VARINT, lambda number: number - (1 << 64) if number >> 63 else number),
    "truth": (_VARINT, bool),
    "fixed64": (_FIXED64, lambda data: unpack_from("<Q", data)[0]),
    "double": (_FIXED64, lambda data: unpack_from("<d", data)[0]),
}
"""Wire type and meaning of every kind that is no message."""


def decoded(message: str, data: bytes) -> dict[str, Any]:
    """An encoded message of `MESSAGES` as JSON would have it. Raises DataError for what is no such message."""
    try:
        return _message(message, memoryview(data), 0)
    except (IndexError, ValueError) as error:
        raise DataError(f"no protobuf message of this kind: {error}") from error


def _message(name: str, data: memoryview, depth: int) -> dict[str, Any]:
    if depth > _DEPTH:
        raise ValueError("nested too deeply")
    fields = MESSAGES[name]
    found: dict[str, Any] = {}
    place, end = 0, len(data)
    while place < end:
        tag, place = _varint(data, place)
        wire = tag & 7
        value: Any
        if wire == _LENGTH:
            length, place = _varint(data, place)
            if length > end - place:
                raise ValueError("cut short")
            value = data[place : place + length]
            place += length
        elif wire == _VARINT:
            value, place = _varint(data, place)
        elif wire in {_FIXED64, _FIXED32}:
            width = 8 if wire == _FIXED64 else 4
            if width > end - place:
                raise ValueError("cut short")
            value = data[place : place + width]
            place += width
        else:
            raise ValueError(f"wire type {wire} is not in use")
        if not tag >> 3:
            raise ValueError("a field without a number")
        field = fields.get(tag >> 3)
        if field is not None:
            _keep(found, field, wire, value, depth)
    return found


def _keep(found: dict[str, Any], field: Field, wire: int, value: Any, depth: int) -> None:
    """Add one field; of one that must not stand twice the last counts, one of another wire type is unknown."""
    key, kind, several = field
    scalar = _SCALARS.get(kind)
    if (scalar[0] if scalar else _LENGTH) != wire:
        return
    read = scalar[1](value) if scalar is not None else _message(kind, value, depth + 1)
    if several:
        found.setdefault(key, []).append(read)
    else:
        found[key] = read


def _varint(data: memoryview, place: int) -> tuple[int, int]:
    """A number of up to ten bytes, and the place after it."""
    byte = data[place]
    place += 1
    if byte < 0x80:
        return byte, place
    number, shift = byte & 0x7F, 7
    while True:
        byte = data[place]
        place += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number & 0xFFFFFFFFFFFFFFFF, place
        shift += 7
        if shift > 63:
            raise ValueError("a number that is too long")
