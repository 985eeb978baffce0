"""The use case: listen for spans, keep what was acknowledged, and bring settled traces into the ledger."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from llmcost.domain.errors import DataError, UsageError
from llmcost.ingest.otlp.journal import Journal
from llmcost.ingest.otlp.server import REQUEST_SECONDS, SpanServer
from llmcost.ingest.otlp.traces import LONGEST_SECONDS, QUIET_SECONDS, Traces
from llmcost.ingest.otlp.writer import SpanWriter
from llmcost.ingest.request import IngestRequest
from llmcost.ingest.result import IngestResult
from llmcost.ingest.source import Record

DEFAULT_PORT = 4318
"""Where OTLP over HTTP is at home."""
MOST_HELD = 200_000
"""Spans that may wait for the ledger."""
COMMIT_SECONDS = 5.0
"""Between two commits: each costs about as much as many thousand spans."""
_TICK = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a receiver behaves; the defaults are for use, other values for tests."""

    quiet: float = QUIET_SECONDS
    longest: float = LONGEST_SECONDS
    commit_every: float = COMMIT_SECONDS
    most_held: int = MOST_HELD
    request_seconds: float = REQUEST_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What is told while listening; by default nobody listens."""

    ready: Callable[[str, int, int], None] | None = None
    """Address, and the spans an earlier receiver left behind."""
    trouble: Callable[[DataError], None] | None = None
    """The ledger could not be written; it is tried again."""


def parse_address(text: str) -> tuple[str, int]:
    """`:4318`, `4318`, `HOST:PORT` or `[::1]:4318`; without a host this machine only. Raises UsageError."""
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not port.isdecimal() or int(port) > 65535:
        raise UsageError(f"--listen {text!r} is no address", hint="such as `--listen :4318` or `--listen 0.0.0.0:4318`")
    return host or "127.0.0.1", int(port)


def shown(address: tuple[str, int]) -> str:
    """An address as it stands in a URL."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def is_open(host: str) -> bool:
    """Whether other machines may reach an address that is listened on."""
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return host != "localhost"


def listen(
    request: IngestRequest,
    address: tuple[str, int],
    stop: threading.Event,
    news: News | None = None,
    settings: Settings | None = None,
) -> IngestResult:
    """Take spans until `stop` is set, then bring in all that is left. Says what came.

    Raises UsageError when the address cannot be listened on, DataError when the ledger cannot be written: spans that were
    acknowledged then stay in the journal for the next receiver.
    """
    told, how = news or News(), settings or Settings()
    with SpanWriter(request, shown(address)) as writer:
        traces = Traces(quiet=how.quiet, longest=how.longest, known=writer.known)
        desk = _Desk(Journal(request.ledger), traces, how.most_held)
        try:
            recovered = desk.recover()
            try:
                server = SpanServer(address, desk.accept, seconds=how.request_seconds)
            except OSError as error:
                raise UsageError(
                    f"cannot listen on {shown(address)}: {(error.strerror or str(error)).lower()}",
                    hint="another program may have it; name another port with --listen :PORT",
                ) from error
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": _TICK}, name="otlp")
            thread.start()
            try:
                if told.ready is not None:
                    told.ready(address[0], server.server_port, recovered)
                _keep_up(desk, writer, stop, how, told)
            finally:
                server.shutdown()
                thread.join()
                server.server_close()
            desk.close_doors()
            desk.bring_in(writer, everything=True)
        finally:
            desk.journal.close()
        return writer.result()


def _keep_up(desk: "_Desk", writer: SpanWriter, stop: threading.Event, how: Settings, told: News) -> None:
    """Bring in what is settled, now and then. While the ledger cannot be written, spans wait and are then refused."""
    said: str | None = None
    while not stop.wait(how.commit_every):
        try:
            desk.bring_in(writer)
            said = None
        except DataError as error:
            if told.trouble is not None and str(error) != said:
                told.trouble(error)
            said = str(error)


class _Desk:
    """Where the threads of the server leave spans, and the one that writes picks them up."""

    def __init__(self, journal: Journal, traces: Traces, most: int) -> None:
        self.journal = journal
        self._traces = traces
        self._most = most
        self._lock = threading.Lock()
        self._closed = False

    def recover(self) -> int:
        """Take up what an earlier receiver acknowledged; returns how many spans."""
        for place, spans in self.journal.recovered():
            self._traces.add(spans, place, time.monotonic())
        return self._traces.held

    def accept(self, spans: Sequence[Record]) -> bool:
        """Write down spans, unless too many wait or the desk is closed. Raises OSError."""
        with self._lock:
            if self._closed or self._traces.held + len(spans) > max(self._most, len(spans)):
                return False
            place = self.journal.write(spans)
            self._traces.add(spans, place, time.monotonic())
            return True

    def close_doors(self) -> None:
        """From here on nothing is accepted."""
        with self._lock:
            self._closed = True

    def bring_in(self, writer: SpanWriter, *, everything: bool = False) -> None:
        """Write what is settled into the ledger, then forget it."""
        while True:
            with self._lock:
                settled = self._traces.due(time.monotonic(), everything=everything)
            if not settled.spans:
                return
            try:
                writer.write(settled)
            except BaseException:
                with self._lock:
                    self._traces.put_back(settled)
                raise
            with self._lock:
                self.journal.done(settled.places)
