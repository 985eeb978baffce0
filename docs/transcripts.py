"""The console blocks of our pages: run as they stand, so that what they show is what happens.

A page's ```` ```console ```` blocks are one session in an empty folder that holds the examples. `make docs` writes what
the commands print into the page; `make docs-check` and the tests compare.
"""  # noqa: INP001  a script

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
HOME = "/home/ada/shop"
"""Where the sessions take place, as far as the reader is concerned."""

_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_COMMAND = re.compile(r"^\$ .*\n(?:> .*\n)*", re.MULTILINE)


def pages() -> list[Path]:
    """Every page with a console block."""
    found = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [path for path in found if path.exists() and _BLOCK.search(path.read_text("utf-8"))]


def played(page: Path) -> str:
    """The page as it would read if its commands were run now."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(os.path.realpath(place)) / "shop"
        shutil.copytree(ROOT / "examples", folder / "examples", ignore=shutil.ignore_patterns("__pycache__"))
        variables = environment(folder.parent)
        return _BLOCK.sub(
            lambda block: f"```console\n{_session(block[1], folder, variables)}```", page.read_text("utf-8")
        )


def _session(block: str, folder: Path, environment: dict[str, str]) -> str:
    """The block's commands, each with what it prints now; `> ` continues a command on another line."""
    shown = []
    for found in _COMMAND.finditer(block):
        command = found[0].removeprefix("$ ").rstrip("\n").replace("\n> ", "\n")
        shown += [found[0].rstrip("\n"), *map(str.rstrip, _output(command, folder, environment).splitlines())]
    return "".join(f"{line}\n" for line in shown)


def _output(command: str, folder: Path, environment: dict[str, str]) -> str:
    """What a command shows on a terminal: both streams, in order."""
    done = subprocess.run(  # noqa: S603  the words of our own pages
        ["bash", "-c", command],  # noqa: S607  the shell every page is written for
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    return done.stdout.replace(str(folder), HOME)


def environment(place: Path) -> dict[str, str]:
    """A terminal of 80 columns in November 2026, with `llmcost` on the path and nothing configured."""
    shim = place / "bin" / "llmcost"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m llmcost "$@"\n')
    shim.chmod(0o755)
    (place / "home").mkdir()
    return {
        "PATH": f"{shim.parent}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry),
        "PYTHONUNBUFFERED": "1",
        "HOME": str(place / "home"),
        "LLMCOST_NOW": "2026-11-21T12:00:00Z",
        "COLUMNS": "80",
        "NO_COLOR": "1",
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
    }
