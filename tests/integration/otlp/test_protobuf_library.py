"""Our reader of protobuf against the official library: any message it writes, read as it would have read it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcost.ingest.otlp.protobuf import decoded

pytestmark = pytest.mark.integration
trace_pb2 = pytest.importorskip("opentelemetry.proto.trace.v1.trace_pb2")

TEXT = st.text(max_size=20)
WHOLE = st.integers(-(2**63), 2**63 - 1)
FIXED = st.integers(0, 2**64 - 1)
VALUES = st.recursive(
    st.one_of(
        st.fixed_dictionaries({"string_value": TEXT}),
        st.fixed_dictionaries({"bool_value": st.booleans()}),
        st.fixed_dictionaries({"int_value": WHOLE}),
        st.fixed_dictionaries({"double_value": st.floats(allow_nan=False)}),
        st.fixed_dictionaries({"bytes_value": st.binary(max_size=10)}),
        st.just({}),
    ),
    lambda inner: st.one_of(
        st.fixed_dictionaries({"array_value": st.fixed_dictionaries({"values": st.lists(inner, max_size=3)})}),
        st.fixed_dictionaries(
            {
                "kvlist_value": st.fixed_dictionaries(
                    {"values": st.lists(st.fixed_dictionaries({"key": TEXT, "value": inner}), max_size=3)}
                )
            }
        ),
    ),
    max_leaves=8,
)
ATTRIBUTES = st.lists(st.fixed_dictionaries({"key": TEXT, "value": VALUES}), max_size=4)
SPANS = st.fixed_dictionaries(
    {},
    optional={
        "trace_id": st.binary(max_size=16),
        "span_id": st.binary(max_size=8),
        "parent_span_id": st.binary(max_size=8),
        "name": TEXT,
        "kind": st.integers(0, 5),
        "start_time_unix_nano": FIXED,
        "end_time_unix_nano": FIXED,
        "attributes": ATTRIBUTES,
        "dropped_attributes_count": st.integers(0, 2**32 - 1),
        "events": st.lists(st.fixed_dictionaries({"name": TEXT, "attributes": ATTRIBUTES}), max_size=2),
        "links": st.lists(st.fixed_dictionaries({"trace_id": st.binary(max_size=16)}), max_size=2),
        "status": st.fixed_dictionaries({}, optional={"message": TEXT, "code": st.integers(0, 2)}),
        "flags": st.integers(0, 2**32 - 1),
        "trace_state": TEXT,
    },
)
REQUESTS = st.fixed_dictionaries(
    {
        "resource_spans": st.lists(
            st.fixed_dictionaries(
                {
                    "resource": st.fixed_dictionaries({"attributes": ATTRIBUTES}),
                    "scope_spans": st.lists(
                        st.fixed_dictionaries(
                            {"scope": st.fixed_dictionaries({"name": TEXT}), "spans": st.lists(SPANS, max_size=3)}
                        ),
                        max_size=2,
                    ),
                    "schema_url": TEXT,
                }
            ),
            max_size=2,
        )
    }
)


def as_json(message):
    """What the library knows of the fields we read: what is set, ids as hexadecimal, numbers as numbers."""
    unread = {"events", "links", "dropped_attributes_count", "flags", "trace_state", "schema_url"}
    found = {}
    for field, value in message.ListFields():
        if field.name in unread:
            continue
        parts = field.name.split("_")
        name = parts[0] + "".join(part.capitalize() for part in parts[1:])
        if isinstance(value, bytes):
            found[name] = value.hex()
        elif hasattr(value, "ListFields"):
            found[name] = as_json(value)
        elif hasattr(value, "__len__") and not isinstance(value, str):
            found[name] = [as_json(item) for item in value]
        else:
            found[name] = value
    return found


@settings(max_examples=300, deadline=None)
@given(REQUESTS)
def test_any_request_the_library_writes(request):
    message = trace_pb2.TracesData(**request)
    assert decoded("TracesData", message.SerializeToString()) == as_json(message)
