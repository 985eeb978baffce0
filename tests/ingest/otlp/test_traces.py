"""What a settled trace takes back is taken back even where the ledger cannot be written for a while."""

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
