"""`llmcost ingest --listen`: take spans until told to stop."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llmcost.domain.errors import LlmcostError
    from llmcost.ingest.request import IngestRequest
    from llmcost.ingest.result import IngestResult


def received(request: "IngestRequest", address: str, *, quiet: bool) -> "IngestResult":
    """Listen until Ctrl-C or SIGTERM, which are the normal end; what came by then."""
    from llmcost.cli import diagnostics
    from llmcost.domain.text import plural
    from llmcost.ingest.otlp.receiver import News, is_open, listen, parse_address, shown

    host, port = parse_address(address)

    def ready(host: str, port: int, recovered: int) -> None:
        if is_open(host):
            diagnostics.warning(
                f"{host} can be reached from other machines, and whoever reaches it may add requests",
                hint="`--listen :4318` listens on this machine alone",
            )
        if quiet:
            return
        if recovered:
            diagnostics.note(f"{plural(recovered, 'span')} taken up that an earlier receiver had not brought in")
        diagnostics.note(f"listening on http://{shown((host, port))}/v1/traces; Ctrl-C stops")

    def trouble(error: "LlmcostError") -> None:
        diagnostics.warning(f"{error.message}; spans wait and are not lost", hint=error.hint)

    with _stopping() as stop:
        return listen(request, (host, port), stop, News(ready=ready, trouble=trouble))


@contextmanager
def _stopping() -> Iterator[threading.Event]:
    """An event that the first Ctrl-C or SIGTERM sets. The next interrupts at once; what was acknowledged is on disk."""
    stop = threading.Event()

    def asked(number: int, _frame: Any) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.signal(number, asked) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
