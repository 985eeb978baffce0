"""Private working folders beside a ledger: made 0700, removed at the end, swept when their owner was killed.

What DuckDB spills holds values from the logs, so nobody else may read it, and nothing may stay behind. A folder belongs
to whoever holds its lock; the system drops the lock with the process, so a kill leaves a folder the next start can see
is nobody's. Process ids would not do: containers that share a volume have the same ones.
"""

import contextlib
import functools
import os
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

from llmcost.ledger.folder_lock import lock_folder


def claim(near: Path) -> tuple[Path, Callable[[], None]]:
    """A new folder `NAME.tmp-…` beside `near`, and what removes it; folders left by killed processes go first.

    Where that place cannot be written to (a read-only share), the folder is in the system's temporary directory.
    """
    parent = near.parent if os.access(near.parent, os.W_OK | os.X_OK) else Path(tempfile.gettempdir())
    prefix = f"{near.name}.tmp-"
    _sweep(parent, prefix)
    while True:
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        try:
            lock = lock_folder(folder, make=True)
        except OSError:
            # Here nothing can be locked, so nobody takes the folder for abandoned either; a kill leaves it behind.
            return folder, functools.partial(_remove, folder, None)
        # Between its birth and its lock a folder looks abandoned to another process; then we take another.
        if lock is not None and folder.exists():
            return folder, functools.partial(_remove, folder, lock)
        if lock is not None:
            os.close(lock)


@contextlib.contextmanager
def folder_beside(near: Path) -> Iterator[Path]:
    """`claim` for the length of a block."""
    folder, remove = claim(near)
    try:
        yield folder
    finally:
        remove()


def folder_for(owner: object, near: Path) -> Path:
    """`claim` for the life of `owner`; at the latest it is removed when the interpreter ends."""
    folder, remove = claim(near)
    weakref.finalize(owner, remove)
    return folder


def _sweep(parent: Path, prefix: str) -> None:
    for folder in parent.iterdir():
        with contextlib.suppress(OSError):
            if folder.name.startswith(prefix) and (lock := lock_folder(folder)) is not None:
                _remove(folder, lock)


def _remove(folder: Path, lock: int | None) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    if lock is not None:
        os.close(lock)
    # NFS keeps an open file in its folder, under another name, until it is closed.
    shutil.rmtree(folder, ignore_errors=True)
