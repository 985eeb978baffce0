"""Where a user keeps price files of their own, which are laid over the built-in list for every project."""

import os
from collections.abc import Mapping
from pathlib import Path


def user_files(environ: Mapping[str, str] = os.environ) -> list[Path]:
    """Price files of the user, by name."""
    home = environ.get("XDG_DATA_HOME") or (f"{environ['HOME']}/.local/share" if environ.get("HOME") else None)
    return sorted(Path(home, "llmcost", "prices").glob("*.yaml")) if home else []
