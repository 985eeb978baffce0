"""A server on this machine that answers as an API would, and breaks as it is told."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

KEY = "sk-test-0123456789abcdef"


@dataclass(frozen=True, kw_only=True)
class Question:
    """What was asked."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What is answered, and how it goes wrong."""

    content: Any = None
    """JSON; text and bytes are sent as they are."""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    """Bytes after which the connection ends, although more were promised."""
    stall: float = 0
    """Seconds of silence after half of the answer."""
    drip: float = 0
    """Seconds between every two of many small pieces."""


Answering = Callable[[Question], Reply]


@dataclass(kw_only=True)
class Api:
    """What a server does. `faults` are used up, one for each question; None answers properly."""

    answer: Answering
    faults: list[Callable[[Reply], Reply] | None] = field(default_factory=list)
    asked: list[Question] = field(default_factory=list)
    url: str = ""
    date: str = ""
    """What its answers say of the time; by default nothing, since the clock of a test is its own."""


def status(code: int, **headers: str) -> Callable[[Reply], Reply]:
    """An error instead of the answer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    def failed(_: Reply) -> Reply:
        return Reply(status=code, headers=named, content={"error": f"fault {code}"})

    return failed


def truncated(reply: Reply) -> Reply:
    """Well-formed HTTP around half of the JSON."""
    text = json.dumps(reply.content)
    return Reply(content=text[: len(text) // 2])


def torn(reply: Reply) -> Reply:
    """A connection that ends in the middle of the body."""
    return Reply(content=reply.content, cut=40)


def stalled(seconds: float) -> Callable[[Reply], Reply]:
    """Silence in the middle of the body."""

    def silent(reply: Reply) -> Reply:
        return Reply(content=reply.content, stall=seconds)

    return silent


def elsewhere(address: str) -> Callable[[Reply], Reply]:
    """A redirect."""
    return lambda _: Reply(status=302, headers={"Location": address})


@contextmanager
def serving(answer: Answering, *faults: Callable[[Reply], Reply] | None) -> Iterator[Api]:
    """The API for the length of the block."""
    api = Api(answer=answer, faults=list(faults))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            question = Question(
                method=self.command,
                path=parts.path,
                query=dict(parse_qsl(parts.query)),
                headers={name.lower(): value for name, value in self.headers.items()},
                body=json.loads(self.rfile.read(length)) if length else None,
            )
            api.asked.append(question)
            fault = api.faults.pop(0) if api.faults else None
            reply = api.answer(question)
            self.send(fault(reply) if fault is not None else reply)

        def do_POST(self) -> None:
            self.do_GET()

        def send(self, reply: Reply) -> None:
            content = reply.content if isinstance(reply.content, str | bytes) else json.dumps(reply.content)
            body = content if isinstance(content, bytes) else content.encode()
            self.send_response(reply.status)
            for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if reply.cut is not None:
                self.wfile.write(body[: reply.cut])
                self.close_connection = True
                return
            step = max(len(body) // (20 if reply.drip else 2), 1)
            try:
                for start in range(0, len(body), step):
                    self.wfile.write(body[start : start + step])
                    if reply.drip or (start == 0 and reply.stall):
                        time.sleep(reply.stall or reply.drip)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def date_time_string(self, timestamp: float | None = None) -> str:  # noqa: ARG002  as in the base
            return api.date

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        api.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield api
        finally:
            server.shutdown()
            thread.join()
