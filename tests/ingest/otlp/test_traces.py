"""What a settled trace takes back is taken back even where the ledger cannot be written for a while."""

from tests.ingesting import memory_ledger

from llmcost.ingest.otlp.remembered import remember, remembered
from llmcost.ingest.otlp.traces import Traces


def call(number, parent=""):
    head = {"trace_id": "t", "span_id": number, "parent_id": parent, "role": "call", "usage": True, "wraps": False}
    return {"otlp_span": head}


def test_what_is_owed_waits_for_the_next_spans_that_are_written():
    traces = Traces(quiet=10)
    traces.add([call("agent")], 1, 0)
    assert traces.due(10).withdrawn == []
    traces.add([call("model", parent="agent")], 1, 20)
    failed = traces.due(30)
    assert failed.withdrawn == ["t:agent"]
    # While that is being written, and fails, the trace goes on.
    traces.add([call("next model", parent="agent")], 1, 30)
    traces.put_back(failed)
    assert (traces.due(35).spans, traces.due(36).withdrawn) == ([], [])
    settled = traces.due(50)
    assert [span["otlp_span"]["span_id"] for span in settled.spans] == ["next model", "model"]
    assert settled.withdrawn == ["t:agent"]


def heads(*names, role="call"):
    return [{"trace_id": "", "span_id": name, "parent_id": None, "role": role, "usage": True} for name in names]


def test_the_traces_that_were_silent_for_longest_are_forgotten_first():
    with memory_ledger() as connection:
        for traces in (
            {"a": heads("1", "2")},
            {"b": heads("1")},
            {"a": heads("1", "2", "3"), "": []},
            {"c": heads("1")},
        ):
            remember(connection, traces, most=4)
        assert [(head["trace_id"], head["span_id"]) for head in remembered(connection)] == [
            *(("a", name) for name in "123"),
            ("c", "1"),
        ]
        remember(connection, {"d": heads(*"12345", role="wrapper")}, most=4)
        assert [(head["trace_id"], head["span_id"], head["role"]) for head in remembered(connection)] == [
            ("d", name, "wrapper") for name in "2345"
        ]


def test_a_receiver_that_is_told_of_a_trace_takes_back_a_call_of_it():
    known = [{**call("agent")["otlp_span"]}]
    traces = Traces(quiet=10, known=known)
    traces.add([call("model", parent="agent")], 1, 0)
    settled = traces.due(10)
    assert settled.withdrawn == ["t:agent"]
    assert [(head["span_id"], head["role"]) for head in settled.skeletons["t"]] == [
        ("agent", "wrapper"),
        ("model", "call"),
    ]
