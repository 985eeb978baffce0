"""Ctrl-C ends a query that would otherwise go on for hours."""

import re
import signal
import subprocess
import sys
import time
from functools import partial

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


def test_what_is_ended_by_a_signal_leaves_nothing_half_done(tmp_path):
    """Standard input is kept in a folder beside the ledger for as long as it is read. A shell calls the end 128 + signal."""
    endings = {signal.SIGTERM: 143, signal.SIGHUP: 129}
    command = [sys.executable, "-m", "llmcost", "ingest", "-", "--db"]
    readers = {}
    for number in endings:
        (tmp_path / number.name).mkdir()
        ledger = tmp_path / number.name / "l.duckdb"
        readers[number] = subprocess.Popen(
            [*command, ledger],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # The tests themselves may run under nohup, which has its children ignore SIGHUP.
            preexec_fn=partial(signal.signal, number, signal.SIG_DFL),  # noqa: PLW1509  no thread of ours holds a lock
        )
    try:
        for number, reader in readers.items():
            while not any((tmp_path / number.name).glob("*/stdin")) and reader.poll() is None:
                time.sleep(0.01)
            reader.send_signal(number)
        said = {number: reader.communicate(timeout=60)[1] for number, reader in readers.items()}
    finally:
        for reader in readers.values():
            reader.kill()
    assert {number: reader.returncode for number, reader in readers.items()} == endings
    assert said == dict.fromkeys(endings, b"")
    assert [list((tmp_path / number.name).iterdir()) for number in endings] == [[], []]
