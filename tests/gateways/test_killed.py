"""A pull that is killed and run again ends with the same ledger, whenever the kill came."""

import random
import shutil
import signal
import threading
import time
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from tests.gateways.fakes import FAKES, Fake
from tests.gateways.litellm_proxy import Proxy, spend_log
from tests.gateways.loopback import Api, Question, Reply, serving
from tests.gateways.pulling import run
from tests.gateways.test_apis import told
from tests.ingesting import picture, query
from tests.processes import start_llmcost

_LITELLM = FAKES["litellm"]
NOW = datetime(2026, 11, 2, tzinfo=UTC)


@pytest.fixture
def start(clean_environment):
    """Begin a pull of everything that a server has."""

    def begin(fake: Fake, api: Api, ledger: Path, now: str) -> BaseProcess:
        command = ["ingest", "--from", fake.gateway, "--url", api.url, "--quiet", "--since", "2026-11-01"]
        environment = {**clean_environment, **fake.environ, "LLMCOST_BATCH_BYTES": "1", "LLMCOST_NOW": now}
        return start_llmcost([*command, "--db", str(ledger)], cwd=ledger.parent, env=environment)

    return begin


def _ended(process: BaseProcess) -> int | None:
    process.join()
    return process.exitcode


def _kill_and_finish(start, tmp_path: Path, *, calls: int, page: int, points: int, seed: int) -> tuple[int, int]:
    """Kill a pull at each of so many points, finish it, compare.

    Returns how many kills came before the end, and how many of them between two commits.
    """
    chance = random.Random(seed)  # noqa: S311  the same points every time
    early = between = 0
    rows = [spend_log(n) for n in range(calls)]
    proxy = Proxy(rows, pages_of=page, cap=calls // 3, key=_LITELLM.environ["LITELLM_MASTER_KEY"])
    with serving(proxy) as api:
        began = time.monotonic()
        assert _ended(start(_LITELLM, api, tmp_path / "whole", f"{NOW:%Y-%m-%dT%H:%M:%SZ}")) == 0
        duration = time.monotonic() - began
        wanted, rows_of_whole = picture(tmp_path / "whole", tmp_path), told(tmp_path / "whole")
        assert query(tmp_path / "whole", "select count(*) from request") == [(calls,)]
        for point in range(points):
            folder = tmp_path / str(point)
            folder.mkdir()
            process = start(_LITELLM, api, folder / "ledger", f"{NOW:%Y-%m-%dT%H:%M:%SZ}")
            process.join(duration * 0.9 * (point + chance.random()) / points)
            process.kill()
            if _ended(process) == -signal.SIGKILL:
                early += 1
            else:
                # The machine is faster now than when the whole run was timed.
                duration *= 0.85
            if (folder / "ledger").exists():
                ((stored,),) = query(folder / "ledger", "select count(*) from request")
                between += 0 < stored < calls
            run(api, folder / "ledger", environ=_LITELLM.environ, now=NOW)
            assert {path.name for path in folder.iterdir()} <= {"ledger", "ledger.wal"}
            assert told(folder / "ledger") == rows_of_whole
            if point % 10 == 0:
                # The same rows make the same reports and the same export.
                assert picture(folder / "ledger", tmp_path) == wanted
            shutil.rmtree(folder)
    return early, between


@pytest.mark.slow
def test_killed_at_thirty_points(start, tmp_path):
    early, between = _kill_and_finish(start, tmp_path, calls=1500, page=100, points=30, seed=2)
    assert early >= 22
    assert between >= 5


class _Killer:
    """Answers as an API does, and kills who asks: at one question, a moment before or after the answer."""

    def __init__(self, api: Api, question: int, after: float | None) -> None:
        self._answer = api.answer
        self._left = question
        self._after = after
        self.process: BaseProcess | None = None

    def __call__(self, question: Question) -> Reply:
        reply = self._answer(question)
        self._left -= 1
        if self._left == 0:
            if self._after is None:
                self._kill()
            else:
                threading.Timer(self._after, self._kill).start()
        return reply

    def _kill(self) -> None:
        while self.process is None:
            time.sleep(0.001)
        self.process.kill()


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(FAKES))
def test_every_api_goes_on_after_kills(start, tmp_path, name):
    """Three kills in a row, each at a question of its own, then a run to the end."""
    fake, now = FAKES[name], "2026-11-25T12:00:00Z"
    chance = random.Random(name)  # noqa: S311  the same points every time
    with serving(fake(fake.rows(20))) as api:
        assert _ended(start(fake, api, tmp_path / "whole", now)) == 0
        questions = len(api.asked)
        answer = api.answer
        killed = 0
        for _ in range(3):
            killer = _Killer(api, chance.randint(1, questions), chance.choice([None, chance.random() / 20]))
            api.answer = killer
            killer.process = start(fake, api, tmp_path / "ledger", now)
            killed += _ended(killer.process) == -signal.SIGKILL
            api.answer = answer
        assert _ended(start(fake, api, tmp_path / "ledger", now)) == 0

    assert killed
    assert told(tmp_path / "ledger") == told(tmp_path / "whole")
