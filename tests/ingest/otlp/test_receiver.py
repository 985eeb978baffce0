"""Spans over HTTP into the ledger: what is answered, what is kept, and what a kill leaves behind."""

import gzip
import http.client
import json
import socket
import time
import zlib
from decimal import Decimal

import pytest
from tests.ingest.otlp.conftest import request, span
from tests.ingest.otlp.test_protobuf import REQUEST
from tests.ingesting import query
from tests.nfs import pretend_nfs

from llmcost.domain.errors import DataError, UsageError
from llmcost.ingest.otlp import server
from llmcost.ingest.otlp.deadline import Hearing
from llmcost.ingest.otlp.journal import Journal, folder_of
from llmcost.ingest.otlp.receiver import is_open, parse_address
from llmcost.ingest.otlp.writer import SpanWriter
from llmcost.ingest.sources._otlp import taken_apart

LATER = {"quiet": 3600, "commit_every": 0.01}
"""Nothing is settled before the end."""


def calls(ledger):
    return query(ledger, "select request_id, uncached_input_tokens, output_text_tokens, cost from request order by 1")


def test_a_span_sent_as_json_is_a_request(receiving, tmp_path):
    with receiving() as receiver:
        status, headers, body = receiver.post(request(span(1), resource={"service.name": "shop"}))
    assert (status, headers["Content-Type"], body) == (200, "application/json", b"{}")
    # GPT-4o mini at 0.15/0.60: 150 + 60 millionths.
    name = f"{1:032x}:{1:016x}"
    assert calls(tmp_path / "ledger") == [(name, 1000, 100, Decimal("0.00021"))]
    assert query(tmp_path / "ledger", "select tags, source, issuer from request") == [
        ('{"service.name":"shop"}', "otel-genai", "otel")
    ]
    assert (receiver.result.total("new"), receiver.result.summary.cost) == (1, Decimal("0.00021"))


def test_a_span_sent_as_protobuf_is_a_request(receiving, tmp_path):
    with receiving() as receiver:
        status, headers, body = receiver.post(REQUEST, headers={"Content-Type": "application/x-protobuf"})
    assert (status, headers["Content-Type"], body) == (200, "application/x-protobuf", b"")
    assert query(tmp_path / "ledger", "select trace_id, uncached_input_tokens, temperature, started_at from request") == [
        ("0af7651916cd43dd8448eb211c80319c", 1500, None, query(tmp_path / "ledger", "select make_timestamp(1793700000123456)")[0][0])
    ]  # fmt: skip


@pytest.mark.slow
def test_a_compressed_body_and_one_in_chunks_are_read(receiving, tmp_path):
    with receiving() as receiver:
        bodies = [json.dumps(request(span(number))).encode() for number in range(1, 5)]
        for body, headers in (
            (gzip.compress(bodies[0][:100]) + gzip.compress(bodies[0][100:]), {"Content-Encoding": "gzip"}),
            (zlib.compress(bodies[1]), {"Content-Encoding": "deflate"}),
            (bodies[2], {"Content-Encoding": "identity"}),
            (iter([bodies[3][:100], bodies[3][100:]]), {"Transfer-Encoding": "chunked"}),
        ):
            assert receiver.post(body, headers=headers)[0] == 200
    assert len(calls(tmp_path / "ledger")) == 4


def test_a_connection_serves_one_request_after_the_other(receiving, tmp_path):
    with receiving() as receiver:
        connection = http.client.HTTPConnection("127.0.0.1", receiver.port, timeout=20)
        for number in (1, 2):
            text = json.dumps(request(span(number))).encode()
            parts = iter([text[:100], text[100:]])
            connection.request("POST", "/v1/traces", parts, {"Content-Type": "application/json"}, encode_chunked=True)
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (200, b"{}")
        connection.close()
    assert len(calls(tmp_path / "ledger")) == 2


def test_what_is_sent_twice_counts_once(receiving, tmp_path):
    """An exporter that saw no answer sends the same spans again, perhaps to the next receiver."""
    for _ in range(2):
        with receiving() as receiver:
            for _ in range(2):
                assert receiver.post(request(span(1), span(2)))[0] == 200
    assert len(calls(tmp_path / "ledger")) == 2
    assert (receiver.result.total("new"), receiver.result.total("known")) == (0, 4)
    assert query(tmp_path / "ledger", "select path, lines, rows, status from file") == [
        ("otlp:127.0.0.1:0", 8, 2, "read")
    ]


AGENT = {"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 1000, "gen_ai.usage.output_tokens": 100}


@pytest.mark.parametrize("settings", [LATER, {}], ids=["together", "apart"])
@pytest.mark.parametrize("order", [(2, 1), (1, 2)], ids=["call-first", "wrapper-first"])
def test_a_wrapper_is_not_counted_whenever_it_comes(receiving, tmp_path, order, settings):
    """A client around a client puts the same usage on both spans; they may come in requests of their own."""
    spans = {1: span(1, attributes=AGENT), 2: span(2, parent=1)}
    with receiving(**settings) as receiver:
        for number in order:
            assert receiver.post(request(spans[number]))[0] == 200
            if not settings:
                wait_for(lambda: not list(folder_of(tmp_path / "ledger").glob("*")))
    assert [name for name, *_ in calls(tmp_path / "ledger")] == [f"{1:032x}:{2:016x}"]


@pytest.mark.parametrize("order", [(3, 2, 1), (1, 2, 3), pytest.param((2, 1, 3), marks=pytest.mark.slow)])
def test_a_trace_goes_on_after_the_receiver_was_started_again(receiving, tmp_path, order):
    """An agent around a call, with a span between that has no usage of its own; each span comes to another receiver."""
    spans = {1: span(1, attributes=AGENT), 2: span(2, parent=1, attributes={}), 3: span(3, parent=2)}
    for number in order:
        with receiving() as receiver:
            assert receiver.post(request(spans[number]))[0] == 200
    assert [name for name, *_ in calls(tmp_path / "ledger")] == [f"{1:032x}:{3:016x}"]


def test_an_agent_without_a_call_is_told_of(receiving, tmp_path):
    lone = {**AGENT, "gen_ai.operation.name": "invoke_agent"}
    with receiving(**LATER) as receiver:
        receiver.post(request(span(1, attributes=lone), span(2, parent=1), span(3, attributes=lone, trace=2)))
    assert [name for name, *_ in calls(tmp_path / "ledger")] == [f"{1:032x}:{2:016x}"]
    assert receiver.result.total("left_out") == 1


def test_a_wrapper_around_a_wrapper_that_comes_last_is_not_counted(receiving, tmp_path):
    with receiving() as receiver:
        for one in (span(3, parent=2), span(2, parent=1, attributes=AGENT), span(1, attributes=AGENT)):
            receiver.post(request(one))
            wait_for(lambda: not list(folder_of(tmp_path / "ledger").glob("*")))
    assert [name for name, *_ in calls(tmp_path / "ledger")] == [f"{1:032x}:{3:016x}"]


def wait_for(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_prompts_are_never_written_down(receiving, tmp_path):
    secret = {
        **AGENT,
        "gen_ai.prompt": "the secret",
        "input.value": "the secret",
        "gen_ai.input.messages": "the secret",
    }
    with receiving(**LATER) as receiver:
        receiver.post(request(span(1, attributes=secret, events=[{"name": "the secret"}])))
        (segment,) = folder_of(tmp_path / "ledger").iterdir()
        kept = segment.read_text()
    assert "1000" in kept
    assert "secret" not in kept
    assert b"the secret" not in (tmp_path / "ledger").read_bytes()


def test_what_was_acknowledged_outlives_a_kill(receiving, tmp_path):
    """A killed receiver leaves its journal; here one is written by hand, with a line that was never finished."""
    journal = Journal(tmp_path / "ledger")
    journal.write(list(taken_apart(request(span(1), span(2)))))
    journal.close()
    (segment,) = folder_of(tmp_path / "ledger").iterdir()
    with segment.open("ab") as file:
        file.write(b'[{"otlp_span": {"trace')
    with receiving() as receiver:
        assert receiver.recovered == 2
    assert len(calls(tmp_path / "ledger")) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ledger"]


@pytest.mark.parametrize("nfs", [False, True])
def test_two_receivers_do_not_share_a_ledger(receiving, tmp_path, monkeypatch, nfs):
    if nfs:
        pretend_nfs(monkeypatch)
    with receiving(), pytest.raises(DataError, match="another receiver writes to"), receiving():
        pass
    assert not folder_of(tmp_path / "ledger").exists()


def test_spans_wait_while_the_ledger_is_in_use_and_are_then_refused(receiving, tmp_path, monkeypatch):
    written, busy = SpanWriter.write, [True]

    def write(*arguments):
        if busy:
            raise DataError("the ledger is in use")
        written(*arguments)

    monkeypatch.setattr(SpanWriter, "write", write)
    with receiving(most_held=3) as receiver:
        # An agent around two calls, one of them late: what is owed must not be forgotten while nothing can be written.
        receiver.post(request(span(1, attributes=AGENT)))
        wait_for(lambda: receiver.trouble)
        assert receiver.post(request(span(2, parent=1), span(3, parent=1)))[0] == 200
        wait_for(lambda: receiver.post(request(span(4)))[0] == 503)
        busy.clear()
        wait_for(lambda: receiver.post(request(span(4)))[0] == 200)
    assert [str(error) for error in receiver.trouble] == ["the ledger is in use"]
    assert [name for name, *_ in calls(tmp_path / "ledger")] == [f"{1:032x}:{number:016x}" for number in (2, 3, 4)]


def test_a_full_receiver_asks_to_come_back_later(receiving, tmp_path):
    with receiving(most_held=2, **LATER) as receiver:
        assert receiver.post(request(span(1), span(2)))[0] == 200
        status, headers, body = receiver.post(request(span(3)))
        assert (status, headers["Retry-After"], b"behind" in body) == (503, "5", True)
        protobuf = {"Content-Type": "application/x-protobuf"}
        status, headers, body = receiver.post(REQUEST, headers=protobuf)
        # google.rpc.Status: field 2 is the message.
        assert (status, headers["Content-Type"], body[:1]) == (503, "application/x-protobuf", b"\x12")
    assert len(calls(tmp_path / "ledger")) == 2


WRONG = [
    ("/", {}, b"{}", 404),
    ("/v1/trace", {}, b"{}", 404),
    ("/v1/traces", {"Content-Type": "text/plain"}, b"{}", 415),
    ("/v1/traces", {"Content-Type": "application/json; charset=utf-8"}, b"{}", 200),
    ("/v1/traces?x=1", {}, b"", 200),
    ("/v1/traces", {}, b"[1]", 400),
    ("/v1/traces", {}, b'{"resourceSpans": ', 400),
    ("/v1/traces", {}, b'{"resourceSpans": {"a": 1}}', 200),
    ("/v1/traces", {}, b'{"resourceSpans": [{"scopeSpans": [{"spans": [1, {"attributes": "x"}]}]}]}', 200),
    ("/v1/traces", {"Content-Type": "application/x-protobuf"}, b"\x0a\xff", 400),
    ("/v1/traces", {"Content-Encoding": "gzip"}, b"{}", 400),
    ("/v1/traces", {"Content-Encoding": "gzip"}, gzip.compress(b"{}")[:-9], 400),
    ("/v1/traces", {"Content-Encoding": "gzip"}, gzip.compress(b"{") + gzip.compress(b"}"), 200),
    ("/v1/traces", {"Content-Encoding": "gzip"}, gzip.compress(b"{}") + gzip.compress(b" ")[:-9], 400),
    ("/v1/traces", {"Content-Encoding": "gzip"}, gzip.compress(b"{}") + b"garbage", 400),
    ("/v1/traces", {"Content-Encoding": "gzip"}, gzip.compress(b"{}")[:-8] + bytes(8), 400),
    ("/v1/traces", {"Content-Encoding": "deflate"}, zlib.compress(b"{}")[:-1], 400),
    ("/v1/traces", {"Content-Encoding": "deflate"}, zlib.compress(b"{}") + b"garbage", 400),
    ("/v1/traces", {"Content-Encoding": "br"}, b"{}", 400),
]


def test_what_is_wrong_is_said(receiving):
    with receiving() as receiver:
        for path, headers, body, status in WRONG:
            assert (path, headers, body, receiver.post(body, path, headers)[0]) == (path, headers, body, status)
        assert receiver.post(request(span(1)))[0] == 200
    assert receiver.result.total("new") == 1


def test_a_body_over_the_limit_is_refused_also_when_it_is_compressed(receiving, monkeypatch):
    monkeypatch.setattr(server, "BODY_LIMIT", 10_000)
    with receiving() as receiver:
        for body, headers in (
            (b" " * 10_001, {}),
            (gzip.compress(b" " * 1_000_000), {"Content-Encoding": "gzip"}),
            (gzip.compress(b" " * 5001) * 2, {"Content-Encoding": "gzip"}),
            (zlib.compress(b" " * 1_000_000), {"Content-Encoding": "deflate"}),
            (iter([b" " * 5000] * 3), {"Transfer-Encoding": "chunked"}),
        ):
            assert receiver.post(body, headers=headers)[0] == 413


def test_logs_and_metrics_are_answered_and_counted_as_dropped(receiving):
    logs = {"resourceLogs": [{"scopeLogs": [{"logRecords": [{}, {}]}]}]}
    metrics = {"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "a"}]}]}]}
    with receiving() as receiver:
        assert json.loads(receiver.post(logs, "/v1/logs")[2])["partialSuccess"]["rejectedLogRecords"] == "2"
        assert json.loads(receiver.post(metrics, "/v1/metrics")[2])["partialSuccess"]["rejectedDataPoints"] == "1"
        assert receiver.post(None, "/v1/traces", method="GET")[:1] == (405,)


def test_of_logs_the_calls_of_coding_agents_are_taken(receiving, tmp_path):
    stated = {"session.id": "s", "model": "claude-sonnet-4-5", "input_tokens": "1000", "output_tokens": "100"}
    attributes = [{"key": key, "value": {"stringValue": value}} for key, value in stated.items()]
    record = {"body": {"stringValue": "claude_code.api_request"}, "timeUnixNano": "1793700000000000000"}
    logs = {"resourceLogs": [{"scopeLogs": [{"logRecords": [{**record, "attributes": attributes}, {}]}]}]}
    with receiving() as receiver:
        status, _, body = receiver.post(logs, "/v1/logs")
        assert (status, json.loads(body)["partialSuccess"]["rejectedLogRecords"]) == (200, "1")
        receiver.post(logs, "/v1/logs")
    # Sonnet 4.5 at 3/15.
    assert query(tmp_path / "ledger", "select source, model, cost from request") == [
        ("otel-agent-events", "claude-sonnet-4-5", Decimal("0.0045"))
    ]


def test_a_client_that_goes_away_disturbs_nobody(receiving):
    with receiving() as receiver:
        with socket.create_connection(("127.0.0.1", receiver.port)) as gone:
            gone.sendall(b"POST /v1/traces HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{")
        assert receiver.post(request(span(1)))[0] == 200
    assert receiver.result.total("new") == 1


HEAD = b"POST /v1/traces HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n"


@pytest.mark.parametrize("part", [b"x", b"\r\n{"], ids=["headers", "body"])
@pytest.mark.slow
def test_clients_that_drip_do_not_keep_others_out(receiving, part):
    """More of them than there are readers, none of which ever falls silent, and still their time is over."""
    with receiving(request_seconds=0.5) as receiver:
        address = ("127.0.0.1", receiver.port)
        slow = [socket.create_connection(address, timeout=20) for _ in range(server.READERS + 1)]
        for one in slow:
            one.sendall(HEAD + part)
        wait_for(lambda: all(_is_over(one) for one in slow))
        assert receiver.post(request(span(1)))[0] == 200
        for one in slow:
            one.close()
    assert receiver.result.total("new") == 1


def _is_over(connection):
    """Send one byte more; whether the other side has done with the connection."""
    try:
        connection.sendall(b" ")
        connection.setblocking(False)
        said = connection.recv(1000)
    except BlockingIOError:
        return False
    except OSError:
        return True
    assert said[:10] in {b"", b"HTTP/1.1 4", b"HTTP/1.1 5"}
    return True


def test_a_request_that_takes_too_long_is_told_so(receiving):
    with receiving(request_seconds=0.2) as receiver, socket.create_connection(("127.0.0.1", receiver.port)) as slow:
        slow.settimeout(20)
        slow.sendall(HEAD + b"\r\n{")
        answer = slow.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert answer.endswith(b'{"message": "the request took too long"}')


def test_each_request_of_a_connection_has_its_time():
    now = [0.0]
    ours, theirs = socket.socketpair()
    with ours, theirs:
        hearing = Hearing(ours, idle=20, whole=5, clock=lambda: now[0])
        for _ in range(2):
            hearing.begin()
            now[0] += 100
            theirs.sendall(b"ab")
            assert hearing.read(1) == b"a"
            now[0] += 4
            assert hearing.read(1) == b"b"
        now[0] += 1
        theirs.sendall(b"c")
        with pytest.raises(TimeoutError):
            hearing.read(1)


@pytest.mark.slow
def test_a_span_that_cannot_be_read_is_rejected_and_the_rest_kept(receiving, tmp_path):
    bad = {**AGENT, "gen_ai.usage.input_tokens": "many"}
    with receiving() as receiver:
        receiver.post(request(span(1), span(2, trace=2, attributes=bad)))
    assert (receiver.result.total("new"), receiver.result.total("rejected")) == (1, 1)
    with receiving() as receiver:
        receiver.post(request(span(3, trace=3)))
    assert query(tmp_path / "ledger", "select count(*) from reject") == [(1,)]
    assert query(tmp_path / "ledger", "select status, lines, rows, rejects, sources from file") == [
        ("partial", 3, 2, 1, '{"otel-genai": 2}')
    ]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (":4318", ("127.0.0.1", 4318)),
        ("4318", ("127.0.0.1", 4318)),
        ("0.0.0.0:80", ("0.0.0.0", 80)),  # noqa: S104  parsed, not bound
        ("[::1]:4318", ("::1", 4318)),
        ("localhost:1", ("localhost", 1)),
    ],
)
def test_an_address(text, address):
    assert parse_address(text) == address
    assert is_open(address[0]) == (address[0] == "0.0.0.0")  # noqa: S104  compared, not bound


@pytest.mark.parametrize("text", ["", "localhost", "localhost:", ":99999", ":http", ":²"])
def test_no_address(text):
    with pytest.raises(UsageError, match="is no address"):
        parse_address(text)


def test_a_port_in_use_is_said(receiving, tmp_path):
    from llmcost.ingest.otlp.receiver import listen
    from llmcost.ingest.request import IngestRequest

    with receiving() as receiver:
        taken = IngestRequest(paths=(), ledger=tmp_path / "other")
        with pytest.raises(UsageError, match=f"cannot listen on 127.0.0.1:{receiver.port}"):
            listen(taken, ("127.0.0.1", receiver.port), receiver.stop)
