"""The command line in a process of its own, without paying for its imports each time.

Every call is a new process with its own environment, folder and streams, as from a shell. It is forked from a server
that imported everything beforehand; which imports a command needs is tested elsewhere, in a fresh interpreter.
"""

import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

TIMEOUT = 60  # seconds
STREAMS = (("stdin", os.O_RDONLY), ("stdout", os.O_WRONLY), ("stderr", os.O_WRONLY))

_server = multiprocessing.get_context("forkserver")
_server.set_forkserver_preload(["tests.preloaded", "tests.processes"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one run of the command line left behind."""

    stdout: str
    stderr: str
    code: int


def run_llmcost(arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str], stdin: str) -> Run:
    """Run `llmcost ARGUMENTS` to its end.

    Raises:
        TimeoutError: It took longer than a minute; the process is gone.

    """
    with tempfile.TemporaryDirectory() as name:
        streams = Path(name)
        (streams / "stdin").write_text(stdin, encoding="utf-8")
        (streams / "stdout").touch()
        (streams / "stderr").touch()
        process = _server.Process(target=_become_llmcost, args=(list(arguments), str(cwd), dict(env), name))
        process.start()
        process.join(TIMEOUT)
        if process.is_alive():
            process.kill()
            process.join()
            message = f"llmcost {' '.join(arguments)}: no end after {TIMEOUT} s"
            raise TimeoutError(message)
        said = [(streams / stream).read_bytes().decode("utf-8") for stream in ("stdout", "stderr")]
        code = process.exitcode
        process.close()
    assert code is not None
    return Run(stdout=_lines(said[0]), stderr=_lines(said[1]), code=code)


def start_llmcost(arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> BaseProcess:
    """Start `llmcost ARGUMENTS`, which says nothing to anybody; the caller waits for it, or kills it."""
    process = _server.Process(target=_become_llmcost, args=(list(arguments), str(cwd), dict(env), None))
    process.start()
    return process


def _lines(text: str) -> str:
    """The text with the line ends a text stream reads."""
    return text.replace("\r\n", "\n")


def _become_llmcost(arguments: list[str], cwd: str, env: dict[str, str], streams: str | None) -> None:
    """Turn this forked process into what a shell would have started."""
    for number, (stream, flags) in enumerate(STREAMS):
        os.dup2(os.open(os.devnull if streams is None else Path(streams, stream), flags), number)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    sys.argv = ["llmcost", *arguments]
    from llmcost.__main__ import main

    main()
