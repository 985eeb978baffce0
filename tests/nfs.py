"""A file system where only what is open for writing can be locked, as over NFS (flock(2))."""

import errno
import fcntl
import os
import stat

import pytest


def pretend_nfs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no folder be locked."""
    lock = fcntl.flock

    def of_files_alone(descriptor: int, operation: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EBADF, "Bad file descriptor")
        lock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", of_files_alone)
