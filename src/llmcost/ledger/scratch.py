"""Private working folders beside a ledger: made 0700, removed at the end, swept when their owner was killed.

What DuckDB spills holds values from the logs, so nobody else may read it, and nothing may stay behind. A folder belongs
to whoever holds its lock; the system drops the lock with the process, so a kill leaves a folder the next start can see
is nobody's. Process ids would not do: containers that share a volume have the same ones.
"""

import contextlib
import errno
import fcntl
import functools
import os
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

_LOCK = ".lock"
"""What is locked inside a folder that cannot be locked itself, as none can on NFS: there only what is open for writing is."""


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
            lock = _lock(folder, os.O_CREAT)
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
            if folder.name.startswith(prefix) and (lock := _lock(folder)) is not None:
                _remove(folder, lock)


def _lock(folder: Path, flags: int = 0) -> int | None:
    """A descriptor holding the folder's lock; None when someone else holds it or the folder is not ours.

    Raises OSError where the file system has no locks. `flags`: O_CREAT for a folder just made.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        if _is_locked(descriptor):
            return descriptor
    except OSError as error:
        if error.errno != errno.EBADF:
            os.close(descriptor)
            raise
    else:
        os.close(descriptor)
        return None
    try:
        inside = os.open(_LOCK, os.O_RDWR | os.O_NOFOLLOW | flags, 0o600, dir_fd=descriptor)
    except FileNotFoundError:
        # Somebody's who has not locked it yet.
        return None
    finally:
        os.close(descriptor)
    try:
        if _is_locked(inside):
            return inside
    except OSError:
        os.close(inside)
        raise
    os.close(inside)
    return None


def _is_locked(descriptor: int) -> bool:
    """Lock a file or folder, unless someone else has. Raises OSError where that is not possible."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _remove(folder: Path, lock: int | None) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    if lock is not None:
        os.close(lock)
    # NFS keeps an open file in its folder, under another name, until it is closed.
    shutil.rmtree(folder, ignore_errors=True)
