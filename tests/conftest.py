"""Fixtures every test may use: an empty ledger, the command line, the sample logs."""

import gc
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.ingesting import memory_ledger
from tests.processes import Run, run_llmcost

import llmcost

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT.parent / "shared" / "samples"

_MEMORY = Path("/dev/shm")  # noqa: S108 - Linux keeps it in memory
_ENOUGH = 4 * 1024**3


_OBJECTS_BETWEEN_COLLECTIONS = 100_000
"""As when llmcost itself runs: thousands of tests are lasting objects, looked through again and again."""


def pytest_configure(config: pytest.Config) -> None:
    """Quick tests are many and small: they share the CPUs among themselves. All write where no disk has to be waited for."""
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    if "not slow" in config.option.markexpr:
        os.environ.setdefault("LLMCOST_THREADS", "1")
    if os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ENOUGH:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))


@pytest.fixture
def ledger() -> Iterator[object]:
    """An empty ledger in memory."""
    with memory_ledger() as connection:
        yield connection


@pytest.fixture
def clean_environment(tmp_path: Path) -> dict[str, str]:
    """An environment in which every run says the same: UTC, 80 columns, no colour, nothing configured."""
    home = tmp_path / "home"
    home.mkdir()
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "LD_LIBRARY_PATH", "TMPDIR"}}
    source = str(Path(llmcost.__file__).parents[1])
    return {**kept, "PYTHONPATH": source, "HOME": str(home), "NO_COLOR": "1", "COLUMNS": "80", "TZ": "UTC"}


@pytest.fixture
def cli(tmp_path: Path, clean_environment: dict[str, str]) -> Callable[..., Run]:
    """Run `llmcost` as a user would: `cli("db", "info", cwd=folder, env={...}, stdin="...")`."""

    def run(*arguments: object, cwd: Path = tmp_path, env: dict[str, str] | None = None, stdin: str = "") -> Run:
        variables = {**clean_environment, **(env or {})}
        return run_llmcost([str(argument) for argument in arguments], cwd=cwd, env=variables, stdin=stdin)

    return run


@pytest.fixture
def samples() -> Path:
    """The folder of real records; tests that need it are skipped where it is not checked out."""
    if not SAMPLES.is_dir():
        pytest.skip("sample records are not here: shared/samples beside the repository")
    return SAMPLES


@pytest.fixture(scope="session")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger of rated calls of every kind, with known costs, for tests of exports; nobody changes it."""
    from tests.exporting import calls_ledger

    path: Path = calls_ledger(tmp_path_factory.mktemp("calls"))
    return path
