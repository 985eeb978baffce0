"""Ctrl-C ends a query that would otherwise go on for hours."""

import re
import signal
import subprocess
import sys

# A shell's background job is started with Ctrl-C ignored, and so would be what it starts.
ENDLESS = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from llmcost.ledger.database import connect
from llmcost.ledger.interrupts import interruptible
connection = connect()
with interruptible(connection):
    print("started", flush=True)
    connection.execute("select max(hash(a.range + b.range)) from range(10000000) a, range(10000000) b")
"""


def test_ctrl_c_stops_a_query_that_would_never_end():
    process = subprocess.Popen(
        [sys.executable, "-c", ENDLESS], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode != 0
    # Python's own, or DuckDB's: InterruptException, or RuntimeError for a query that had hardly begun.
    assert re.search("KeyboardInterrupt|InterruptException|Query interrupted", errors)
