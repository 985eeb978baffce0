"""When a config last changed: what Git says of it, else the file's time of change."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

_SECONDS = 10


def changed(name: str) -> datetime | None:
    """When the file was last committed, UTC; its time of change where it is not, or differs from what is; None without one."""
    path = Path(name)
    try:
        touched = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:
        return None
    if _git(path, "status", "--porcelain") != "":
        return touched
    committed = _git(path, "log", "-1", "--format=%cI")
    return datetime.fromisoformat(committed).astimezone(UTC) if committed else touched


def _git(path: Path, *arguments: str) -> str | None:
    """What Git answers about a file; None where there is no Git, no repository, or no answer."""
    program = shutil.which("git")
    if program is None:
        return None
    try:
        done = subprocess.run(  # noqa: S603  a fixed command about a file the user named
            [program, "-C", str(path.resolve().parent), *arguments, "--", path.name],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
