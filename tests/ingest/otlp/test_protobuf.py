"""OTLP's protobuf into its JSON, byte by byte; `make test-otlp` compares with the official library."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost.domain.errors import DataError
from llmcost.ingest.otlp.protobuf import decoded


def varint(number):
    found = b""
    while number > 0x7F:
        found += bytes([number & 0x7F | 0x80])
        number >>= 7
    return found + bytes([number])


def part(number, content):
    """A field that holds bytes, text or a message."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def attribute(key, value):
    return part(1, key.encode()) + part(2, value)


SPAN = (
    part(1, bytes.fromhex("0af7651916cd43dd8448eb211c80319c"))
    + part(2, bytes.fromhex("b7ad6b7169203331"))
    + part(5, b"chat gpt")
    + varint(6 << 3) + varint(3)
    + varint(7 << 3 | 1) + struct.pack("<Q", 1793700000123456789)
    + varint(16 << 3 | 5) + b"\x01\x00\x00\x00"  # flags, which nobody reads
    + part(9, attribute("gen_ai.usage.input_tokens", varint(3 << 3) + varint(1500)))
    + part(9, attribute("temperature", varint(4 << 3 | 1) + struct.pack("<d", 0.25)))
    + part(9, attribute("negative", varint(3 << 3) + varint((1 << 64) - 7)))
    + part(9, attribute("streamed", varint(2 << 3) + varint(1)))
    + part(9, attribute("stops", part(5, part(1, part(1, b"a")) + part(1, part(1, b"b")))))
    + part(15, varint(3 << 3) + varint(2))
)  # fmt: skip
REQUEST = part(1, part(1, part(1, attribute("service.name", part(1, b"shop")))) + part(2, part(2, SPAN)))


def test_a_span_with_every_kind_of_attribute():
    assert decoded("TracesData", REQUEST) == {
        "resourceSpans": [
            {
                "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]},
                "scopeSpans": [
                    {
                        "spans": [
                            {
                                "traceId": "0af7651916cd43dd8448eb211c80319c",
                                "spanId": "b7ad6b7169203331",
                                "name": "chat gpt",
                                "kind": 3,
                                "startTimeUnixNano": 1793700000123456789,
                                "attributes": [
                                    {"key": "gen_ai.usage.input_tokens", "value": {"intValue": 1500}},
                                    {"key": "temperature", "value": {"doubleValue": 0.25}},
                                    {"key": "negative", "value": {"intValue": -7}},
                                    {"key": "streamed", "value": {"boolValue": True}},
                                    {
                                        "key": "stops",
                                        "value": {
                                            "arrayValue": {"values": [{"stringValue": "a"}, {"stringValue": "b"}]}
                                        },
                                    },
                                ],
                                "status": {"code": 2},
                            }
                        ]
                    }
                ],
            }
        ]
    }


def test_text_that_is_no_utf8_is_repaired():
    span = part(1, part(2, part(2, part(5, b"caf\xe9"))))
    name = decoded("TracesData", span)["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["name"]
    assert name == "caf\ufffd"


def test_a_message_cut_short_is_refused():
    """Everything is inside the first field, so that no beginning is a whole message."""
    for end in range(1, len(REQUEST)):
        with pytest.raises(DataError, match="no protobuf message"):
            decoded("TracesData", REQUEST[:end])


@pytest.mark.parametrize(
    "data",
    [b"\x0b", b"\x0f", b"\x02\x00", b"\x08" + b"\xff" * 11, b"\x0a\xff\xff\xff\xff\x7f"],
    ids=["group", "wire-type-7", "field-0", "long-number", "long-field"],
)
def test_what_is_no_protobuf_is_refused(data):
    with pytest.raises(DataError, match="no protobuf message"):
        decoded("TracesData", data)


def test_values_nested_too_deeply_are_refused():
    value = part(1, b"x")
    for _ in range(100):
        value = part(5, part(1, value))
    with pytest.raises(DataError, match="nested too deeply"):
        decoded("TracesData", part(1, part(1, part(1, attribute("deep", value)))))


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_an_error(data):
    for message in ("TracesData", "LogsData", "MetricsData"):
        try:
            decoded(message, data)
        except DataError:
            continue


@given(st.lists(st.tuples(st.integers(17, 2000), st.sampled_from([0, 1, 2, 5]), st.binary(min_size=8, max_size=8))))
def test_fields_nobody_knows_change_nothing(unknown):
    """A newer exporter may send more than the schema has today."""
    content = {
        0: lambda data: varint(data[0]),
        1: bytes,
        2: lambda data: varint(len(data)) + data,
        5: lambda data: data[:4],
    }
    more = b"".join(varint(number << 3 | wire) + content[wire](data) for number, wire, data in unknown)
    assert decoded("TracesData", more + REQUEST + more) == decoded("TracesData", REQUEST)
