"""An ingest that is killed and run again ends with the same ledger, whenever the kill came."""

import os
import random
import shutil
import signal
import time
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from tests.ingesting import chat, native, picture, query, read, rows, write
from tests.processes import start_llmcost

FILES = 5


def _logs(folder: Path, calls: int) -> Path:
    """Files of two shapes that overlap, with one line that cannot be read in each."""
    for number in range(FILES):
        first = number * calls * 3 // 4
        lines = [chat(f"n{n:05}", prompt=100 + n % 7) for n in range(first, first + calls)]
        unnamed = [
            native(timestamp=f"2026-11-05T10:00:00.{n:06}Z", team="core") for n in range(first + 1, first + calls)
        ]
        write(folder / f"{number}.jsonl", [*lines, b'{"torn', *unnamed])
    return folder


def _start(ledger: Path, logs: Path) -> BaseProcess:
    command = ["ingest", str(logs), "--db", str(ledger), "--quiet"]
    return start_llmcost(command, cwd=ledger.parent, env={**os.environ, "LLMCOST_BATCH_BYTES": "1"})


def _ended(process: BaseProcess) -> int | None:
    process.join()
    return process.exitcode


def _files_of(ledger: Path) -> int:
    return query(ledger, "select count(*) from file")[0][0] if ledger.exists() else 0


def _kill_and_finish(tmp_path: Path, calls: int, points: int, seed: int) -> tuple[int, int]:
    """Kill a run at each of so many points, finish it, compare.

    Returns how many kills came before the last commit, and how many of them between two commits.
    """
    logs = _logs(tmp_path / "logs", calls)
    began = time.monotonic()
    whole = tmp_path / "whole"
    whole.mkdir()
    assert _ended(_start(whole / "ledger", logs)) == 0
    duration = time.monotonic() - began
    wanted, rows_of_whole = picture(whole / "ledger", tmp_path), rows(whole / "ledger")
    assert query(whole / "ledger", "select count(*) from ingest")[0] == (1,)

    chance = random.Random(seed)  # noqa: S311  the same points every time
    early = between = 0
    for point in range(points):
        folder = tmp_path / str(point)
        folder.mkdir()
        process = _start(folder / "ledger", logs)
        # One in each of equal slices of the run, none in its last tenth.
        process.join(duration * 0.9 * (point + chance.random()) / points)
        process.kill()
        killed = _ended(process) == -signal.SIGKILL
        committed = _files_of(folder / "ledger")
        between += 0 < committed < FILES
        if killed and committed < FILES:
            early += 1
        else:
            # The machine is faster now than when the whole run was timed.
            duration *= 0.85
        read(folder / "ledger", logs)
        # No working folder stays. What was committed may still stand in the write-ahead log if nothing was left to write.
        assert {path.name for path in folder.iterdir()} <= {"ledger", "ledger.wal"}
        assert rows(folder / "ledger") == rows_of_whole
        if point % 10 == 0:
            # The same rows make the same reports and the same export.
            assert picture(folder / "ledger", tmp_path) == wanted
        assert _files_of(folder / "ledger") == FILES
        shutil.rmtree(folder)
    return early, between


def test_killed_at_one_point(tmp_path):
    early, _ = _kill_and_finish(tmp_path, calls=60, points=1, seed=1)
    assert early >= 1


@pytest.mark.slow
def test_killed_at_fifty_points(tmp_path):
    early, between = _kill_and_finish(tmp_path, calls=1000, points=50, seed=2)
    assert early >= 40
    assert between >= 10


def test_what_a_killed_run_left_beside_the_ledger_goes_with_the_next_run(tmp_path):
    """A working folder may hold prompt text; its owner is dead, so nobody else will remove it."""
    left = tmp_path / "ledger.tmp-abandoned"
    left.mkdir()
    (left / "stdin").write_text("prompt text")
    read(tmp_path / "ledger", write(tmp_path / "log.jsonl", [chat("one")]))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ledger", "log.jsonl"]
