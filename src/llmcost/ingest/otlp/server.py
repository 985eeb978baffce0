"""The HTTP side of the receiver: what is answered to which request. One thread per connection, within limits."""

import threading
from collections.abc import Callable, Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedReader
from socket import AF_INET6, SHUT_WR, socket
from typing import Any

from llmcost.domain.errors import DataError
from llmcost.ingest.otlp import exports
from llmcost.ingest.otlp.deadline import Hearing
from llmcost.ingest.otlp.exports import SIGNALS, Signal, TooLargeError
from llmcost.ingest.source import Record
from llmcost.ingest.sources._otlp import taken_apart

BODY_LIMIT = 32 * 1024 * 1024
"""Bytes of one export request, as sent and again after decompression."""
READERS = 8
"""Requests that are read and taken apart at a time; each may hold a few bodies' worth of memory."""
CONNECTIONS = 256
RETRY_SECONDS = 5
REQUEST_SECONDS = 30.0
"""For all of a request: a client that drips must not keep a reader from others. Exporters give up after 10."""
_IDLE_SECONDS = 30.0
_DRAIN_SECONDS = 2.0
_BLOCK = 64 * 1024

Accept = Callable[[Sequence[Record]], bool]
"""Takes spans for good, which are then safe; False when there is no room. Raises OSError when they cannot be kept."""


class SpanServer(ThreadingHTTPServer):
    """Listens at once, answers once `serve_forever` runs."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], accept: Accept, *, seconds: float = REQUEST_SECONDS) -> None:
        """`seconds` is what a request may take. Raises OSError when the address cannot be listened on."""
        self.address_family = AF_INET6 if ":" in address[0] else self.address_family
        self.accept = accept
        self.seconds = seconds
        self.readers = threading.BoundedSemaphore(READERS)
        self._connections = threading.BoundedSemaphore(CONNECTIONS)
        super().__init__(address, _Handler)

    def process_request(self, request: socket | tuple[bytes, socket], client_address: Any) -> None:
        """A thread for a connection, if there are not too many."""
        if self._connections.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: socket | tuple[bytes, socket], client_address: Any) -> None:
        """The thread of a connection."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._connections.release()

    def handle_error(self, request: socket | tuple[bytes, socket], client_address: Any) -> None:
        """A client that went away is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: SpanServer
    protocol_version = "HTTP/1.1"
    server_version = "llmcost"
    sys_version = ""
    timeout = _IDLE_SECONDS
    _refused = False

    def setup(self) -> None:
        """Read what the client sends under a deadline."""
        super().setup()
        self.rfile.close()
        self._hearing = Hearing(self.connection, idle=_IDLE_SECONDS, whole=self.server.seconds)
        self.rfile = BufferedReader(self._hearing, _BLOCK)

    def handle(self) -> None:
        """Answer the requests of a connection."""
        super().handle()
        if self._refused:
            self._drain()

    def handle_one_request(self) -> None:
        """Answer one request."""
        self._hearing.begin()
        super().handle_one_request()

    def do_POST(self) -> None:
        """An export request."""
        signal = SIGNALS.get(self._path())
        if signal is None:
            self._refuse(HTTPStatus.NOT_FOUND, f"nothing is taken here; post to {', '.join(SIGNALS)}")
            return
        media = exports.media_type(self.headers.get("Content-Type"))
        if media is None:
            # A page in a browser may post text without asking; it may not post these.
            self._refuse(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"the body must be {exports.PROTOBUF} or {exports.JSON}, by HTTP"
            )
            return
        if not self.server.readers.acquire(timeout=1):
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "too many requests at a time", media=media, retry=1)
            return
        try:
            self._take(signal, media)
        finally:
            self.server.readers.release()

    def _take(self, signal: Signal, media: str) -> None:
        try:
            body = self._body()
            content = exports.decompressed(body, self.headers.get("Content-Encoding"), BODY_LIMIT)
            request = exports.read(signal, content, media)
        except TimeoutError:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, "the request took too long", media=media)
            self._refused = False
            return
        except TooLargeError as error:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, str(error), media=media)
            return
        except DataError as error:
            self._refuse(HTTPStatus.BAD_REQUEST, str(error), media=media)
            return
        spans = list(taken_apart(request)) if request.keys() & {"resourceSpans", "resourceLogs"} else []
        dropped = 0 if signal.message == "TracesData" else sum(1 for _ in exports.items(signal, request)) - len(spans)
        reason = "only the calls of coding agents are taken from logs, and nothing from metrics" if dropped else ""
        try:
            taken = not spans or self.server.accept(spans)
        except OSError as error:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, f"cannot keep spans: {error.strerror}", media=media)
            return
        if taken:
            self._answer(HTTPStatus.OK, media, exports.accepted(signal, media, dropped, reason))
        else:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "the ledger is behind; try again", media=media)

    def do_GET(self) -> None:
        """Anything but a request to export."""
        if self._path() in SIGNALS:
            self._refuse(HTTPStatus.METHOD_NOT_ALLOWED, "POST only", allow="POST")
        else:
            self._refuse(HTTPStatus.NOT_FOUND, f"nothing is here; post to {', '.join(SIGNALS)}")

    def log_message(self, *_: Any) -> None:
        """Requests are no news."""

    def _path(self) -> str:
        return self.path.split("?", 1)[0].rstrip("/")

    def _body(self) -> bytes:
        """The body as sent. Raises TooLargeError, or DataError for one whose length is not known."""
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._chunks()
        stated = self.headers.get("Content-Length", "")
        if not stated.isdecimal():
            raise DataError("no Content-Length")
        if int(stated) > BODY_LIMIT:
            raise TooLargeError(f"larger than {BODY_LIMIT // 1024 // 1024} MiB")
        body = self.rfile.read(int(stated))
        if len(body) < int(stated):
            raise DataError("the body is cut short")
        return body

    def _chunks(self) -> bytes:
        body = bytearray()
        while True:
            line = self.rfile.readline(100)
            try:
                size = int(line.split(b";")[0].strip(), 16)
            except ValueError:
                raise DataError("the body is cut short") from None
            if size < 0 or len(body) + size > BODY_LIMIT:
                raise TooLargeError(f"larger than {BODY_LIMIT // 1024 // 1024} MiB")
            if size == 0:
                while self.rfile.readline(8192).strip():
                    pass
                return bytes(body)
            body += self.rfile.read(size)
            self.rfile.readline(8)

    def _refuse(
        self,
        status: HTTPStatus,
        message: str,
        *,
        media: str | None = None,
        retry: int = RETRY_SECONDS,
        allow: str | None = None,
    ) -> None:
        """Say no and hang up: what is left of the body was not read."""
        kind, body = exports.refused(media, message)
        headers = {"Retry-After": str(retry)} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}
        if allow is not None:
            headers["Allow"] = allow
        self.close_connection = self._refused = True
        self._answer(status, kind, body, {**headers, "Connection": "close"})

    def _answer(self, status: HTTPStatus, kind: str, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _drain(self) -> None:
        """Let the client finish what it sends, or it may never see the answer."""
        self.connection.shutdown(SHUT_WR)
        self._hearing.begin(within=_DRAIN_SECONDS)
        left = 2 * BODY_LIMIT
        while left > 0 and (part := self._hearing.read(_BLOCK)):
            left -= len(part)
