"""The row amid which a growing table ended when it was last read: what it brought is taken back.

A cut cell looks like a whole one, and many finished tables have no end after their last row, so that such a row is read. Once
the table has grown, the cut row is mapped again, and what the ledger has from it alone makes room for the whole row.
"""

import io
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from llmcost.domain.request import COLUMNS
from llmcost.ingest.checkpoints import Checkpoint
from llmcost.ingest.files import LogFile, fingerprint_of, look_at
from llmcost.ingest.identity import as_stored
from llmcost.ingest.reader import json_text, read_rows
from llmcost.ingest.source import Record

if TYPE_CHECKING:
    from llmcost.ledger.database import Connection

_ROW_LIMIT = 16 * 1024 * 1024
"""A cut row of more bytes than this is not looked for."""

CutRows = Mapping[LogFile, tuple[Checkpoint, Record]]
"""By table, how it was when it was last read, and its last row then, whose line had no end."""


def cut_rows(stored: Mapping[str, Checkpoint], files: Iterable[LogFile]) -> CutRows:
    """Of tables that have grown since, under the same name or another."""
    by_inode = {seen.inode: seen for seen in stored.values() if seen.inode is not None}
    found = {}
    for file in files:
        seen = stored.get(file.ledger_path) or by_inode.get(file.inode or "")
        if seen is not None and (row := _cut_row(file, seen)) is not None:
            found[file] = (seen, row)
    return found


def as_logs(cut: CutRows, folder: Path) -> list[LogFile]:
    """Each row as a log of its own in `folder`, as old as its table was then."""
    logs = []
    for number, (seen, row) in enumerate(cut.values()):
        path = folder / f"cut-{number}.jsonl"
        path.write_text(json_text(row) + "\n", "utf-8")
        logs.append(replace(look_at(path, str(path), named=True), mtime_ns=seen.mtime_ns, stated="lines"))
    return logs


def keep_staged(connection: "Connection") -> None:
    """Remember the staged rows, which are those of `as_logs`, while the batch is staged."""
    connection.execute("create or replace temp table cut_row as from staged")


def take_back(connection: "Connection") -> None:
    """Delete from the attached ledger the rows that say what a remembered row says and nothing more, and that it alone brought."""
    same = " and ".join(as_stored(column.name, "cut", "stored") for column in COLUMNS)
    connection.execute(
        "delete from ledger.request where row_key in ("
        f"select row_key from ledger.request as stored join cut_row as cut using (row_key) where {same}) "
        "and row_key not in (select row_key from ledger.also_in)"
    )


def _cut_row(file: LogFile, seen: Checkpoint) -> Record | None:
    if file.format != "csv" or file.compression != "uncompressed" or not 0 < seen.size < file.size:
        return None
    with file.path.open("rb") as raw:
        raw.seek(seen.size - 1)
        if raw.read(1) in b"\r\n" or fingerprint_of(raw, seen.size) != seen.fingerprint:
            return None
        raw.seek(max(seen.size - _ROW_LIMIT, 0))
        (last,) = raw.read(min(_ROW_LIMIT, seen.size)).splitlines()[-1:]
    header = file.head().splitlines()[0]
    items = list(read_rows(io.BytesIO(header + b"\n" + last), header))
    return items[0][1] if len(items) == 1 and isinstance(items[0], tuple) else None
