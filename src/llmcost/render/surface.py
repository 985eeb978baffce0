"""Where output goes: a terminal of some width, or a pipe or file."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TextIO


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """What a table may use."""

    width: int | None = None
    """Cells across; None for a pipe or file, where lines are as long as they need to be."""
    color: bool = False
    drawings: bool | None = None
    """Whether bars and lines of blocks are drawn; None for where they help: time on a terminal."""


def surface_of(stream: TextIO, environ: Mapping[str, str] = os.environ) -> Surface:
    """The surface behind a stream; a dumb terminal gets the plain text of a pipe."""
    if not stream.isatty() or environ.get("TERM") == "dumb":
        return Surface()
    return Surface(width=shutil.get_terminal_size().columns, color=not environ.get("NO_COLOR"))
