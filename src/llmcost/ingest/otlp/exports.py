"""What an exporter posts: a body, perhaps compressed, in one of two encodings, with one of three signals.

https://opentelemetry.io/docs/specs/otlp/#otlphttp says how; answers go out in the encoding the request came in.
"""

import gzip
import io
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from llmcost.domain.errors import DataError
from llmcost.ingest.otlp.protobuf import decoded
from llmcost.ingest.reader import parse

_GZIP = b"\x1f\x8b"
PROTOBUF, JSON = "application/x-protobuf", "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One kind of telemetry, and where it is posted."""

    message: str
    """Its protobuf message."""
    levels: tuple[str, ...]
    """Lists on the way from the message to the single items, in JSON."""
    rejected: str
    """Name of the count of items that were not taken, in JSON; in protobuf it is field 1 everywhere."""


SIGNALS: Mapping[str, Signal] = {
    "/v1/traces": Signal(
        message="TracesData", levels=("resourceSpans", "scopeSpans", "spans"), rejected="rejectedSpans"
    ),
    "/v1/logs": Signal(
        message="LogsData", levels=("resourceLogs", "scopeLogs", "logRecords"), rejected="rejectedLogRecords"
    ),
    "/v1/metrics": Signal(
        message="MetricsData", levels=("resourceMetrics", "scopeMetrics", "metrics"), rejected="rejectedDataPoints"
    ),
}


def media_type(header: str | None) -> str | None:
    """The encoding a Content-Type names, None for any other."""
    stated = (header or "").split(";")[0].strip().lower()
    return stated if stated in {PROTOBUF, JSON} else None


def decompressed(body: bytes, encoding: str | None, limit: int) -> bytes:
    """The content of a body. Raises DataError for damage, for another encoding and for more than `limit` bytes."""
    stated = (encoding or "identity").strip().lower()
    if stated == "identity":
        content = body
    elif stated in {"gzip", "x-gzip", "deflate"}:
        try:
            content = _unpacked(body, limit + 1)
        except EOFError as error:
            raise DataError(f"the {stated} body is cut short") from error
        except (OSError, zlib.error) as error:
            raise DataError(f"the {stated} body is damaged") from error
    else:
        raise DataError("unknown content encoding", hint="gzip, deflate or none")
    if len(content) > limit:
        raise TooLargeError(f"larger than {limit // 1024 // 1024} MiB")
    return content


def _unpacked(body: bytes, most: int) -> bytes:
    """At most so many bytes of a gzip or zlib body, told apart by how it begins.

    Raises EOFError where its end is missing, OSError or zlib.error for damage and for what follows its end.
    """
    if body.startswith(_GZIP):
        # A gzip body may have several members: https://www.rfc-editor.org/rfc/rfc1952#section-2.2
        return gzip.GzipFile(fileobj=io.BytesIO(body)).read(most)
    stream = zlib.decompressobj()
    content = stream.decompress(body, most)
    if len(content) < most and not stream.eof:
        raise EOFError
    if stream.unused_data:
        raise zlib.error("it goes on after its end")
    return content


class TooLargeError(DataError):
    """A body that is over the limit."""


def read(signal: Signal, content: bytes, media: str) -> dict[str, Any]:
    """An export request as an object in OTLP's JSON. Raises DataError."""
    if media == PROTOBUF:
        return decoded(signal.message, content)
    try:
        value = parse(content) if content.strip() else {}
    except ValueError as error:
        raise DataError(f"not JSON: {error}") from error
    if not isinstance(value, dict):
        raise DataError("not a JSON object")
    return value


def items(signal: Signal, request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The single spans, log records or metrics of a request."""
    found: list[Any] = [request]
    for level in signal.levels:
        found = [
            item
            for holder in found
            if isinstance(holder, dict) and isinstance(holder.get(level), list)
            for item in holder[level]
        ]
    yield from (item for item in found if isinstance(item, dict))


def accepted(signal: Signal, media: str, rejected: int = 0, reason: str = "") -> bytes:
    """The answer to a request that was taken, with the items that were not."""
    if media == JSON:
        partial = {signal.rejected: str(rejected), "errorMessage": reason} if rejected or reason else {}
        return json.dumps({"partialSuccess": partial} if partial else {}).encode()
    if not rejected and not reason:
        return b""
    return _field(1, (b"\x08" + _varint(rejected) if rejected else b"") + _field(2, reason.encode()))


def refused(media: str | None, message: str) -> tuple[str, bytes]:
    """Content type and body of an answer that says what is wrong: google.rpc.Status."""
    if media == PROTOBUF:
        return PROTOBUF, _field(2, message.encode())
    return JSON, json.dumps({"message": message}).encode()


def _field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])
