"""A receiver on a free port of this machine, in this process."""

import http.client
import json
import threading
from contextlib import contextmanager

import pytest

from llmcost.ingest.otlp.receiver import News, Settings, listen
from llmcost.ingest.request import IngestRequest


def span(number, *, trace=1, parent=0, attributes=None, **more):
    """A span as OTLP/JSON has it; by default a call of 1,000 tokens in and 100 out."""
    stated = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.usage.input_tokens": 1000,
        "gen_ai.usage.output_tokens": 100,
    }
    return {
        "traceId": f"{trace:032x}",
        "spanId": f"{number:016x}",
        **({"parentSpanId": f"{parent:016x}"} if parent else {}),
        "startTimeUnixNano": f"17937000000{number:08}",
        "endTimeUnixNano": f"17937000010{number:08}",
        "attributes": [
            {"key": key, "value": {"intValue": value} if isinstance(value, int) else {"stringValue": value}}
            for key, value in (stated if attributes is None else attributes).items()
        ],
        **more,
    }


def request(*spans, resource=None):
    attributes = [{"key": key, "value": {"stringValue": value}} for key, value in (resource or {}).items()]
    return {"resourceSpans": [{"resource": {"attributes": attributes}, "scopeSpans": [{"spans": list(spans)}]}]}


class Receiver:
    """The port, what is told, and in the end the result."""

    def __init__(self, ledger, settings):
        self.stop = threading.Event()
        self.ready = threading.Event()
        self.trouble = []
        self.recovered = self.port = self.result = self.error = None
        self._arguments = (IngestRequest(paths=(), ledger=ledger, wait=0.2), settings)
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        request, settings = self._arguments
        try:
            self.result = listen(
                request, ("127.0.0.1", 0), self.stop, News(ready=self._told, trouble=self.trouble.append), settings
            )
        except Exception as error:  # noqa: BLE001  handed to the test
            self.error = error
        finally:
            self.ready.set()

    def _told(self, _host, port, recovered):
        self.port, self.recovered = port, recovered
        self.ready.set()

    def start(self):
        self._thread.start()
        assert self.ready.wait(30)

    def end(self):
        self.stop.set()
        self._thread.join(30)
        if self.error is not None:
            raise self.error
        return self.result

    def post(self, body, path="/v1/traces", headers=None, method="POST"):
        """Status, headers and body of the answer."""
        data = json.dumps(body).encode() if isinstance(body, dict) else body
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            stated = {"Content-Type": "application/json", **(headers or {})}
            connection.request(method, path, data, stated, encode_chunked="Transfer-Encoding" in stated)
            answer = connection.getresponse()
            return answer.status, dict(answer.headers), answer.read()
        finally:
            connection.close()


@pytest.fixture
def receiving(tmp_path):
    """`with receiving(quiet=...) as receiver:`; it ends with the block, and then has a `result`."""

    @contextmanager
    def start(ledger=tmp_path / "ledger", **settings):
        receiver = Receiver(ledger, Settings(**{"quiet": 0, "commit_every": 0.01, **settings}))
        receiver.start()
        if receiver.error is not None:
            raise receiver.error
        try:
            yield receiver
        finally:
            receiver.end()

    return start
