"""A pull that is killed and run again ends with the same ledger, whenever the kill came."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.gateways.litellm_proxy import Proxy, spend_log
from tests.gateways.loopback import KEY, Api, serving
from tests.ingesting import picture, query

import llmcost


def _start(api: Api, ledger: Path) -> "subprocess.Popen[bytes]":
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(llmcost.__file__).parents[1]),
        "LLMCOST_BATCH_BYTES": "1",
        "LLMCOST_NOW": "2026-11-02T00:00:00Z",
        "LITELLM_API_KEY": KEY,
    }
    command = [sys.executable, "-m", "llmcost", "ingest", "--from", "litellm", "--url", api.url, "--quiet"]
    command += ["--since", "2026-11-01", "--db", str(ledger)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _kill_and_finish(tmp_path: Path, calls: int, page: int, points: int, seed: int) -> int:
    """Kill a pull at each of so many points, finish it, compare. Returns how many kills came before the last commit."""
    chance = random.Random(seed)  # noqa: S311  the same points every time
    early = 0
    with serving(Proxy([spend_log(n) for n in range(calls)], pages_of=page, cap=calls // 3)) as api:
        began = time.monotonic()
        assert _start(api, tmp_path / "whole").wait() == 0
        duration = time.monotonic() - began
        wanted = picture(tmp_path / "whole", tmp_path)
        assert query(tmp_path / "whole", "select count(*) from request") == [(calls,)]
        for point in range(points):
            folder = tmp_path / str(point)
            folder.mkdir()
            process = _start(api, folder / "ledger")
            try:
                process.wait(duration * 0.9 * (point + chance.random()) / points)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
            if process.wait() == -signal.SIGKILL:
                early += 1
            else:
                # The machine is faster now than when the whole run was timed.
                duration *= 0.85
            assert _start(api, folder / "ledger").wait() == 0
            assert {path.name for path in folder.iterdir()} <= {"ledger", "ledger.wal"}
            assert picture(folder / "ledger", tmp_path) == wanted
            shutil.rmtree(folder)
    return early


def test_killed_at_one_point(tmp_path):
    assert _kill_and_finish(tmp_path, calls=60, page=20, points=1, seed=1) >= 0


@pytest.mark.slow
def test_killed_at_thirty_points(tmp_path):
    assert _kill_and_finish(tmp_path, calls=1500, page=100, points=30, seed=2) >= 22
