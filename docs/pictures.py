"""The pictures of our pages: what a command shows in a terminal, colours and all, as SVG.

Written by `make docs` and compared by `make docs-check`, like the output in the pages' console blocks.
"""  # noqa: INP001  a script

import fcntl
import io
import os
import pty
import re
import shutil
import struct
import subprocess
import tempfile
import termios
from pathlib import Path

import transcripts
from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI
from rich.text import Text

FOLDER = Path(__file__).parent / "pictures"
COMMANDS = {"quota-check": "llmcost quota check examples/quota/budgets.yaml"}
"""File name without .svg -> the command shown, run beside the examples."""

_COLUMNS = 100
_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def drawn() -> dict[Path, str]:
    """Every picture as it would be drawn now."""
    return {FOLDER / f"{name}.svg": _picture(name, command) for name, command in COMMANDS.items()}


def _picture(name: str, command: str) -> str:
    console = Console(record=True, width=_COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text(f"$ {command}", style="bold"))
    console.print(Text.from_ansi(_shown(command)), end="")
    svg = console.export_svg(title="llmcost", theme=DIMMED_MONOKAI, unique_id=name)
    # A picture loads nothing: without the fonts, the reader's own monospaced one is taken.
    return "\n".join(line.rstrip() for line in _FONTS.sub("", svg).splitlines()) + "\n"


def _shown(command: str) -> str:
    """What the command writes to a terminal, both streams in order."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(os.path.realpath(place)) / "shop"
        shutil.copytree(transcripts.ROOT / "examples", folder / "examples")
        environment = transcripts.environment(folder.parent) | {"TERM": "xterm-256color", "COLUMNS": str(_COLUMNS)}
        del environment["NO_COLOR"]
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, _COLUMNS, 0, 0))
        with subprocess.Popen(  # noqa: S603  the words of our own pages
            ["bash", "-c", command],  # noqa: S607  the shell every page is written for
            cwd=folder,
            env=environment,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        ):
            os.close(theirs)
            written = b"".join(iter(lambda: _read(ours), b""))
        os.close(ours)
    return written.decode("utf-8").replace("\r\n", "\n").replace(str(folder), transcripts.HOME)


def _read(terminal: int) -> bytes:
    """The next bytes; none when the last program at the other end is gone, which Linux calls an error."""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""
