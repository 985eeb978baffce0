"""Spans that were acknowledged, on disk until the ledger has them: a kill loses none.

A folder of segments beside the ledger, one line for each export request, synced before it is acknowledged. Only what the
sources read is written down, no prompts and no answers. A segment goes when all of its spans are in the ledger. One receiver
at a time holds the folder.
"""

import contextlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO

from llmcost.domain.errors import DataError
from llmcost.ingest.reader import json_text
from llmcost.ingest.source import Record
from llmcost.ledger.folder_lock import LOCK_FILE, lock_folder

_SEGMENT_BYTES = 8 * 1024 * 1024


def folder_of(ledger: Path) -> Path:
    """Where the spans for a ledger are written down; hidden, so that reading the ledger's folder passes it over."""
    return ledger.with_name(f".{ledger.name}.received")


def waiting(ledger: Path) -> int:
    """How many export requests are written down and not in the ledger yet."""
    found = 0
    for path in folder_of(ledger).glob("*.jsonl"):
        with contextlib.suppress(OSError), path.open("rb") as file:
            found += sum(line.endswith(b"\n") for line in file)
    return found


class Journal:
    """The segments of one ledger."""

    def __init__(self, ledger: Path) -> None:
        self._folder = folder_of(ledger)
        self._left: dict[int, int] = {}
        self._file: IO[bytes] | None = None
        self._number = 0
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            self._directory = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError as error:
            raise DataError(f"cannot make {self._folder}: {(error.strerror or str(error)).lower()}") from error
        try:
            lock = lock_folder(self._folder, make=True)
        except OSError as error:
            os.close(self._directory)
            raise DataError(f"cannot lock {self._folder}: {(error.strerror or str(error)).lower()}") from error
        if lock is None:
            os.close(self._directory)
            raise DataError(
                f"another receiver writes to {ledger}", hint="stop it first, or name another ledger with --db PATH"
            )
        self._lock = lock

    def recovered(self) -> Iterator[tuple[int, list[Record]]]:
        """What an earlier receiver acknowledged and did not get into the ledger: segment and spans of each request."""
        for path in sorted(self._folder.glob("*.jsonl")):
            number = int(path.stem)
            self._number = max(self._number, number)
            self._left[number] = 0
            for line in path.read_bytes().splitlines(keepends=True):
                # A line that has no end was never acknowledged.
                if line.endswith(b"\n"):
                    with contextlib.suppress(ValueError):
                        spans = json.loads(line)
                        self._left[number] += len(spans)
                        yield number, spans
            if not self._left[number]:
                self._forget(number)

    def write(self, spans: Sequence[Record]) -> int:
        """Write down the spans of a request and sync. Returns their segment. Raises OSError, having written nothing."""
        file = self._segment()
        start = file.tell()
        try:
            left = memoryview(b"[" + b",".join(json_text(span).encode() for span in spans) + b"]\n")
            while left:
                left = left[file.write(left) :]
            os.fdatasync(file.fileno())
        except OSError:
            with contextlib.suppress(OSError):
                file.seek(start)
                file.truncate()
            raise
        self._left[self._number] += len(spans)
        return self._number

    def done(self, places: Iterable[int]) -> None:
        """Spans of these segments are in the ledger, one entry each."""
        for number in places:
            self._left[number] -= 1
        for number in [number for number, left in self._left.items() if not left]:
            if number == self._number and self._file is not None:
                self._file.close()
                self._file = None
            self._forget(number)

    def close(self) -> None:
        """Let go of the folder; it goes if nothing is left in it."""
        if self._file is not None:
            self._file.close()
        with contextlib.suppress(OSError):
            (self._folder / LOCK_FILE).unlink(missing_ok=True)
            self._folder.rmdir()
        os.close(self._lock)
        with contextlib.suppress(OSError):
            # NFS keeps an open file in its folder, under another name, until it is closed.
            self._folder.rmdir()
        os.close(self._directory)

    def _segment(self) -> IO[bytes]:
        if self._file is not None and self._file.tell() >= _SEGMENT_BYTES:
            self._file.close()
            self._file = None
        if self._file is None:
            path = self._folder / f"{self._number + 1:08}.jsonl"
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            self._number += 1
            self._left[self._number] = 0
            # A buffer would write later what was refused, and fail to close on a full disk.
            self._file = os.fdopen(descriptor, "wb", buffering=0)
            os.fsync(self._directory)
        return self._file

    def _forget(self, number: int) -> None:
        (self._folder / f"{number:08}.jsonl").unlink(missing_ok=True)
        del self._left[number]
