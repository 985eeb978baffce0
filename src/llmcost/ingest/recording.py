"""What the ledger records of the files of a batch: their numbers, their outcome and the lines that could not be read."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmcost.ingest.files import LogFile
from llmcost.ingest.parts import forget_rejects
from llmcost.ingest.rejected import REJECTS, store
from llmcost.ingest.stage import FileOutcome

if TYPE_CHECKING:
    from llmcost.ledger.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCounts:
    """What one file brought, in calls and in buckets."""

    new: int
    """Calls, as in `known`."""
    known: int
    parts: int
    """Rows beside the calls: passes of a call that are billed apart."""
    conflicts: int
    ambiguous: int
    unpriced: int
    """Calls and buckets."""
    sources: Mapping[str, int]
    """Calls and buckets by source."""
    buckets: int
    new_buckets: int
    disagreements: int
    """Spans of usage exports that another file of the run tells differently."""
    kept: int
    """Rows of an earlier reading of the file, in another way, that could not be told from those of other files."""


def write_files(
    connection: "Connection",
    *,
    files: Sequence[LogFile],
    ids: Sequence[int],
    outcomes: Sequence[FileOutcome],
    counts: Sequence[FileCounts],
    recognised: Sequence[bool],
    ingest_id: int,
    settings: str,
    revisions: Mapping[str, int],
) -> None:
    """The checkpoints: a file of these looks has been read, with this outcome."""
    earlier = _earlier(connection, [file_id for file, file_id in zip(files, ids, strict=True) if file.grows])
    forget(connection, "file", _recognised_ids(ids, recognised))
    rows = []
    for file, file_id, outcome, count, known in zip(files, ids, outcomes, counts, recognised, strict=True):
        if not known:
            continue
        status, sources, numbers = status_of(outcome), Counter(count.sources), _numbers(outcome, count)
        if file_id in earlier:
            before_status, before_sources, before = earlier[file_id]
            status = "partial" if "partial" in {status, before_status} else status
            sources.update(before_sources)
            numbers = tuple(one + other for one, other in zip(numbers, before, strict=True))
        rows.append(
            (
                *(file_id, file.ledger_path, file.size, file.mtime_ns, file.fingerprint, status, settings),
                json.dumps(dict(sorted(sources.items()))),
                json.dumps({source: revisions[source] for source in sorted(sources) if source in revisions}),
                *(*numbers[:-2], count.unpriced, ingest_id, file.inode, *numbers[-2:]),
            )
        )
    connection.executemany(f"insert into ledger.file values ({', '.join('?' * len(rows[0]))})", rows)


def write_rejects(
    connection: "Connection",
    files: Sequence[LogFile],
    ids: Sequence[int],
    outcomes: Sequence[FileOutcome],
    recognised: Sequence[bool],
) -> None:
    """The lines that could not be read, instead of those of earlier readings; a file that grows keeps what it had."""
    whole = [known and not file.grows for file, known in zip(files, recognised, strict=True)]
    forget(connection, "reject", _recognised_ids(ids, whole))
    store(connection, [outcome.rejects for outcome in outcomes])
    if any(outcome.rejects for outcome in outcomes):
        forget_rejects(connection, files, ids)
        known = {number: file_id for number, file_id in enumerate(ids) if recognised[number]}
        connection.execute(
            f"insert into ledger.reject select file_id, line, reason, line_hash, source from {REJECTS} "
            "join (select unnest($numbers) as file_no, unnest($ids) as file_id) using (file_no)",
            {"numbers": list(known), "ids": list(known.values())},
        )


def forget(connection: "Connection", table: str, ids: Sequence[int]) -> None:
    """Make room for what is now known of these files."""
    connection.execute(f"delete from ledger.{table} where list_contains($again, file_id)", {"again": list(ids)})


def status_of(outcome: FileOutcome) -> str:
    """`read`, or `partial` when something of the file is still missing from the ledger."""
    return "partial" if outcome.rejects or outcome.pending else "read"


def _numbers(outcome: FileOutcome, count: FileCounts) -> tuple[int, ...]:
    """What is counted of a file, in the order of the table's columns."""
    rows = count.new + count.known + count.parts
    return (outcome.lines, rows, count.conflicts, len(outcome.rejects), count.ambiguous, count.buckets, count.parts)


def _earlier(connection: "Connection", ids: Sequence[int]) -> dict[int, tuple[str, Mapping[str, int], tuple[int, ...]]]:
    """Status, calls and buckets by source, and counts of what these brought so far."""
    if not ids:
        return {}
    found = connection.execute(
        "select file_id, status, sources, lines, rows, conflicts, rejects, ambiguous, coalesce(buckets, 0), parts "
        "from ledger.file where list_contains($ids, file_id)",
        {"ids": list(ids)},
    ).fetchall()
    return {row[0]: (row[1], json.loads(row[2]), tuple(row[3:])) for row in found}


def _recognised_ids(ids: Sequence[int], recognised: Sequence[bool]) -> list[int]:
    """A file that is no log any more keeps its entry: rows refer to it."""
    return [file_id for file_id, known in zip(ids, recognised, strict=True) if known]
