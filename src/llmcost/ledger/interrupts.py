"""Ctrl-C, SIGTERM and SIGHUP stop a long query at once.

Python runs its own handler only when the C call it is in returns, which for DuckDB is the end of the query. The system
writes to a wake-up descriptor at once; a thread waits there and tells DuckDB.
"""

import contextlib
import signal
import socket
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


_ENDINGS = frozenset((signal.SIGINT, signal.SIGTERM, signal.SIGHUP))


@contextlib.contextmanager
def interruptible(connection: "DuckDBPyConnection") -> Iterator[None]:
    """For the length of the block these signals interrupt the query `connection` runs. Outside the main thread it does nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    before = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)

    def watch() -> None:
        while data := ours.recv(64):
            if not _ENDINGS.isdisjoint(data):
                connection.interrupt()

    watcher = threading.Thread(target=watch, daemon=True, name="ctrl-c")
    watcher.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        theirs.close()
        watcher.join(timeout=1)
        ours.close()
