"""The row amid which a growing table ended when it was last read: what it brought is taken back.

A cut cell looks like a whole one, and many finished tables have no end after their last row, so that such a row is read. Once
the table has grown, the cut row is mapped again, and what the ledger has from it alone makes room for the whole row. A table may
have been renamed since, and compressed as well.
"""

import io
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from llmcost.domain.request import QUANTITIES
from llmcost.ingest.buckets import keep_staged_buckets, take_back_buckets
from llmcost.ingest.checkpoints import Checkpoint
from llmcost.ingest.files import LogFile, fingerprint_of, look_at
from llmcost.ingest.formats import is_damage
from llmcost.ingest.reader import Item, json_text, read_rows
from llmcost.ingest.readings import CUT_FILE, TAKEN, brought_elsewhere
from llmcost.ingest.source import Record

if TYPE_CHECKING:
    from llmcost.ledger.database import Connection

_BLOCK = 1024 * 1024

_SAID = (*QUANTITIES, "started_at", "ended_at", "latency_ms")
"""What stays as it was read, whoever is forgotten and whatever attribution comes to be."""


@dataclass(frozen=True, slots=True)
class CutRow:
    """The last row of a table when it was last read, whose line had no end."""

    seen: Checkpoint
    row: Record
    times: int
    """How many rows of the table said the same, this one among them."""


CutRows = Mapping[LogFile, CutRow]


def cut_rows(stored: Mapping[str, Checkpoint], files: Iterable[LogFile], folder: Path) -> CutRows:
    """Of tables that have grown since, under the same name or another. What is decompressed for it is for a moment in `folder`."""
    by_inode = {seen.inode: seen for seen in stored.values() if seen.inode is not None}
    by_folder: dict[Path, list[Checkpoint]] = {}
    for one in stored.values():
        by_folder.setdefault(Path(one.path).parent, []).append(one)
    found = {}
    for file in files:
        if file.format != "csv":
            continue
        own = stored.get(file.ledger_path) or by_inode.get(file.inode or "")
        if own is None or file.compression != "uncompressed":
            candidates = _rotated(file, by_folder.get(file.path.parent, ()))
        else:
            candidates = iter([own])
        for seen in candidates:
            if (cut := _cut_row(file, seen, folder)) is not None:
                found[file] = cut
                break
    return found


def _rotated(file: LogFile, beside: Iterable[Checkpoint]) -> Iterator[Checkpoint]:
    """Those of what was read in a file's folder that it may be: begun by the same name, and not there any more."""
    for seen in beside:
        path = Path(seen.path)
        if file.path.name.startswith(path.stem) and file.path != path and _is_gone(seen, path):
            yield seen


def _is_gone(seen: Checkpoint, path: Path) -> bool:
    """Whether the path has another file now, or one that was written anew."""
    try:
        status = path.stat()
        if seen.inode != f"{status.st_dev}:{status.st_ino}" or status.st_size < seen.size:
            return True
        with path.open("rb") as raw:
            return fingerprint_of(raw, seen.size) != seen.fingerprint
    except (OSError, ValueError):
        return True


def as_logs(cut: CutRows, folder: Path) -> list[LogFile]:
    """Each row as a log of its own in `folder`, as old as its table was then.

    Of a usage export it is the table as it was: which bucket a row is part of, its span's other rows tell.
    """
    logs = []
    for number, (file, one) in enumerate(cut.items()):
        seen = one.seen
        if seen.result.buckets:
            path = folder / f"cut-{number}.csv"
            with file.open() as stream, path.open("wb") as target:
                _copy(stream, target, seen.size)
            log = look_at(path, str(path), named=True)
        else:
            path = folder / f"cut-{number}.jsonl"
            path.write_text((json_text(one.row) + "\n") * one.times, "utf-8")
            log = replace(look_at(path, str(path), named=True), stated="lines")
        logs.append(replace(log, mtime_ns=seen.mtime_ns))
    return logs


def keep_staged(connection: "Connection", cut: CutRows) -> None:
    """Remember the staged rows and buckets, which are those of `as_logs`, while the batch is staged."""
    connection.execute("create or replace temp table cut_row as from staged")
    connection.execute(
        f"create or replace temp table {CUT_FILE} as select unnest($ids) as file_id",
        {"ids": [one.seen.file_id for one in cut.values()]},
    )
    keep_staged_buckets(connection)


def take_back(connection: "Connection") -> None:
    """Make room for what says what a remembered row or bucket says, and that such tables alone brought.

    Where the batch brings it again, it was whole, and stays until it is merged.
    """
    same = " and ".join(f"stored.{name} is not distinct from cut.{name}" for name in _SAID)
    connection.execute(
        f"insert into {TAKEN} select distinct row_key, stored.file_id "
        f"from ledger.request as stored join cut_row as cut using (row_key) semi join {CUT_FILE} as own on own.file_id = stored.file_id "
        f"where {same} and row_key not in ({brought_elsewhere()} union all select row_key from {TAKEN})"
    )
    connection.execute(
        f"delete from ledger.request where row_key in (select row_key from cut_row semi join {TAKEN} using (row_key)) "
        "and row_key not in (select row_key from stage)"
    )
    take_back_buckets(connection)


def _cut_row(file: LogFile, seen: Checkpoint, folder: Path) -> CutRow | None:
    if seen.size == 0:
        return None
    if file.compression == "uncompressed":
        with file.path.open("rb") as raw:
            return _last_row(raw, seen, file.head()) if seen.size < file.size else None
    with (folder / "beginning").open("w+b") as raw:
        try:
            with file.open() as stream:
                _copy(stream, raw, seen.size)
                if not stream.read(1):
                    return None
        except Exception as error:
            if not is_damage(error):
                raise
            return None
        return _last_row(raw, seen, file.head())


def _last_row(raw: IO[bytes], seen: Checkpoint, head: bytes) -> CutRow | None:
    """The last row of what was read, if its line had no end. Where it begins only the rows before it tell: a cell may have lines."""
    raw.seek(seen.size - 1)
    if raw.read(1) in b"\r\n" or fingerprint_of(raw, seen.size) != seen.fingerprint:
        return None
    items = deque(_items(raw, seen, head), maxlen=1)
    if not items or not isinstance(items[0], tuple):
        return None
    row = items[0][1]
    return CutRow(seen, row, times=sum(isinstance(item, tuple) and item[1] == row for item in _items(raw, seen, head)))


def _items(raw: IO[bytes], seen: Checkpoint, head: bytes) -> Iterator[Item]:
    raw.seek(0)
    return read_rows(io.BufferedReader(_Beginning(raw, seen.size)), head)


def _copy(stream: IO[bytes], target: IO[bytes], size: int) -> None:
    while size and (part := stream.read(min(size, _BLOCK))):
        target.write(part)
        size -= len(part)


class _Beginning(io.RawIOBase):
    """The first bytes of a file, which stays open."""

    def __init__(self, raw: IO[bytes], size: int) -> None:
        self._raw = raw
        self._left = size

    def readable(self) -> bool:
        """It is for reading."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer`; 0 at the end."""
        part = self._raw.read(min(len(buffer), self._left))
        buffer[: len(part)] = part
        self._left -= len(part)
        return len(part)
