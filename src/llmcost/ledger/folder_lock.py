"""A folder that one process at a time holds, on any file system; the system lets go of it with the process."""

import errno
import fcntl
import os
from pathlib import Path

LOCK_FILE = ".lock"
"""What is locked inside a folder that cannot be locked itself, as none can on NFS: there only what is open for writing is
(https://man7.org/linux/man-pages/man2/flock.2.html)."""


def lock_folder(folder: Path, *, make: bool = False) -> int | None:
    """A descriptor that holds the folder; None when someone else holds it, or it is no folder.

    Without `make` no file is made in a folder that needs one: it is that of someone who has not locked it yet. Raises OSError where
    nothing can be locked.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        return _locked(descriptor)
    except OSError as error:
        if error.errno != errno.EBADF:
            raise
    try:
        return _locked(os.open(folder / LOCK_FILE, os.O_RDWR | os.O_NOFOLLOW | (os.O_CREAT if make else 0), 0o600))
    except FileNotFoundError:
        return None


def _locked(descriptor: int) -> int | None:
    """The descriptor, locked; it is closed where it cannot be, and None when someone else has locked the same."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
