"""Where tools keep their logs by default."""

import os
from collections.abc import Mapping
from pathlib import Path


def found_places(environ: Mapping[str, str] = os.environ) -> list[Path]:
    """The default log folders that exist on this machine, in the order they should be offered."""
    home = Path(environ.get("HOME") or Path.home())
    claude = [Path(part) / "projects" for part in environ.get("CLAUDE_CONFIG_DIR", "").split(",") if part]
    codex = Path(environ["CODEX_HOME"]) if environ.get("CODEX_HOME") else home / ".codex"
    candidates = [
        *claude,
        home / ".claude" / "projects",
        home / ".config" / "claude" / "projects",
        codex / "sessions",
        codex / "archived_sessions",
    ]
    return [place for place in dict.fromkeys(candidates) if place.is_dir()]
