"""What the ledger knows of files: which are as they were, and which are a known file under another name."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from llmcost.ingest.contents import numbered, retire, way_of
from llmcost.ingest.files import LogFile, begin_alike
from llmcost.ingest.reader import Reject
from llmcost.ingest.recording import forget
from llmcost.ingest.rejected import SHOWN_REJECTS
from llmcost.ingest.result import FileResult
from llmcost.ledger.migrations import transaction
from llmcost.ledger.replaced import REPLACED

if TYPE_CHECKING:
    from llmcost.ledger.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A file as it was when it was last read."""

    file_id: int
    path: str
    size: int
    mtime_ns: int
    fingerprint: str
    inode: str | None
    settings: str
    revisions: Mapping[str, int]
    result: FileResult
    """What it brought, as the result for a file that is known."""


def checkpoints(connection: "Connection") -> dict[str, Checkpoint]:
    """Every file the attached ledger has read, by path."""
    rows = connection.execute(
        "select path, size, mtime_ns, fingerprint, inode, settings, revisions, sources, lines, rows, conflicts, rejects, "
        f"ambiguous, unpriced, coalesce(buckets, 0), parts, file_id from ledger.file where status <> '{REPLACED}'"
    ).fetchall()
    return {
        row[0]: Checkpoint(
            file_id=row[16],
            path=row[0],
            size=row[1],
            mtime_ns=row[2],
            fingerprint=row[3],
            inode=row[4],
            settings=row[5],
            revisions=json.loads(row[6]),
            result=FileResult(
                path=row[0],
                status="known",
                named=False,
                sources=json.loads(row[7]),
                lines=row[8],
                known=row[9] - row[15],
                parts=row[15],
                conflicts=row[10],
                rejected=row[11],
                ambiguous=row[12],
                unpriced=row[13],
                buckets=row[14],
            ),
        )
        for row in rows
    }


def known_files(
    stored: Mapping[str, Checkpoint], files: Sequence[LogFile], settings: str, revisions: Mapping[str, int]
) -> dict[int, FileResult]:
    """By position, the files that were read as they are now, under the settings that would apply now."""
    found = {}
    for number, file in enumerate(files):
        seen = stored.get(file.ledger_path)
        if seen is None or (seen.size, seen.mtime_ns, seen.fingerprint) != (file.size, file.mtime_ns, file.fingerprint):
            continue
        same = seen.settings == settings or (
            seen.result.rejected == 0 and _without_registry(seen.settings) == _without_registry(settings)
        )
        if same and _still_read_so(seen, revisions):
            found[number] = replace(seen.result, path=file.shown, named=file.named)
    return found


def read_otherwise(
    stored: Mapping[str, Checkpoint],
    files: Sequence[LogFile],
    numbers: Collection[int],
    *,
    settings: str,
    revisions: Mapping[str, int],
) -> dict[int, int]:
    """By position, the ledger's numbers of those of the files that were read in another way than they would be now."""
    return {
        number: seen.file_id
        for number in numbers
        if (seen := stored.get(files[number].ledger_path)) is not None
        and not (way_of(seen.settings) == way_of(settings) and _still_read_so(seen, revisions))
    }


def known_copies(
    stored: Mapping[str, Checkpoint],
    files: Sequence[LogFile],
    numbers: Collection[int],
    *,
    settings: str,
    revisions: Mapping[str, int],
    by_mtime: bool,
) -> dict[int, Checkpoint]:
    """By position, those of the files whose every byte was read under another name, in the way it would be read now.

    Either the file itself was renamed, or what was read is still there unchanged and the two are compared. `by_mtime` says
    that the file's time is part of what it says.
    """
    by_look: dict[tuple[int, str], list[Checkpoint]] = {}
    for seen in stored.values():
        if seen.settings == settings and _still_read_so(seen, revisions):
            by_look.setdefault((seen.size, seen.fingerprint), []).append(seen)
    found = {}
    for number in numbers:
        file = files[number]
        for seen in by_look.get((file.size, file.fingerprint), ()):
            if by_mtime and seen.mtime_ns != file.mtime_ns:
                continue
            if seen.path != file.ledger_path and (_was_renamed(seen, file) or _is_copy(seen, file)):
                found[number] = seen
                break
    return found


def write_copies(connection: "Connection", copies: Mapping[LogFile, Checkpoint], ingest_id: int) -> list[FileResult]:
    """Note in the attached ledger, in one transaction, that these files have been read; their rows are there already."""
    with transaction(connection):
        found = numbered(connection, list(copies))
        ids = found.ids
        forget(connection, "reject", ids)
        forget(connection, "file", ids)
        for (file, seen), file_id in zip(copies.items(), ids, strict=True):
            connection.execute(
                "insert into ledger.file by name select * replace ($file_id as file_id, $path as path, $mtime as mtime_ns, "
                "0 as unpriced, $ingest_id as ingest_id, $inode as inode) from ledger.file where file_id = $original",
                {
                    "file_id": file_id,
                    "path": file.ledger_path,
                    "mtime": file.mtime_ns,
                    "ingest_id": ingest_id,
                    "inode": file.inode,
                    "original": seen.file_id,
                },
            )
            connection.execute(
                "insert into ledger.reject by name select * replace ($file_id as file_id) from ledger.reject "
                "where file_id = $original",
                {"file_id": file_id, "original": seen.file_id},
            )
        retire(connection, list(found.before.values()))
    return [replace(seen.result, path=file.shown, named=file.named, unpriced=0) for file, seen in copies.items()]


def lacks_rejects(result: FileResult) -> bool:
    """Whether a file has rejects that its result does not show, because it was not read again."""
    return bool(result.rejected) and not result.rejects


def with_rejects(
    connection: "Connection", files: Sequence[LogFile], results: Mapping[int, FileResult]
) -> dict[int, FileResult]:
    """The results by position, those of files that were not read again with the first rejects the attached ledger has of them."""
    found = dict(results)
    for number, result in results.items():
        if lacks_rejects(result):
            rows = connection.execute(
                "select line, reason, line_hash, source from ledger.reject "
                f"where file_id = (select file_id from ledger.file where path = $path and status <> '{REPLACED}') "
                "order by line, reason limit $shown",
                {"path": files[number].ledger_path, "shown": SHOWN_REJECTS},
            ).fetchall()
            rejects = (
                Reject(line=line, reason=reason, line_hash=line_hash, source=source)
                for line, reason, line_hash, source in rows
            )
            found[number] = replace(result, rejects=tuple(rejects))
    return found


def _still_read_so(seen: Checkpoint, revisions: Mapping[str, int]) -> bool:
    return all(revisions.get(name, revision) == revision for name, revision in seen.revisions.items())


def _was_renamed(seen: Checkpoint, file: LogFile) -> bool:
    return seen.inode is not None and (seen.inode, seen.mtime_ns) == (file.inode, file.mtime_ns)


def _is_copy(seen: Checkpoint, file: LogFile) -> bool:
    original = Path(seen.path)
    try:
        status = original.stat()
        if (status.st_size, status.st_mtime_ns) != (seen.size, seen.mtime_ns):
            return False
        return original.samefile(file.path) or begin_alike(original, file.path, seen.size)
    except (OSError, ValueError):
        return False


def _without_registry(settings: str) -> object:
    return {key: value for key, value in json.loads(settings).items() if key != "registry"}
