"""The use case: read files of business events into the ledger, each of them once, and say what happened."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC
from hashlib import sha256
from pathlib import Path
from typing import IO, TYPE_CHECKING

from llmcost import __version__
from llmcost.domain.attribution import DEFAULT_ATTRIBUTION
from llmcost.domain.errors import DataError
from llmcost.domain.outcome import Outcome
from llmcost.domain.period import clock
from llmcost.ingest.files import LogFile, find, look_at
from llmcost.ingest.offered import spooled_stdin
from llmcost.ingest.outcome_records import broken_down, missing_columns, outcome_of
from llmcost.ingest.parquet import parquet_items
from llmcost.ingest.reader import NOT_UTF8, WHY_NOT_UTF8, Item, Reject, hash_of, json_text, read
from llmcost.ingest.recording import forget
from llmcost.ledger import database, scratch
from llmcost.ledger.interrupts import interruptible
from llmcost.ledger.migrations import transaction
from llmcost.ledger.outcomes import Breakdown, Kept, breakdowns, keep
from llmcost.ledger.replaced import REPLACED
from llmcost.ledger.tombstones import Tombstones, tombstones

if TYPE_CHECKING:
    from llmcost.ledger.database import Connection

SOURCE = "outcomes"
_SHOWN_REJECTS = 5
_REVISION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeRequest:
    """What to read and into which ledger."""

    paths: Sequence[str]
    ledger: Path
    attribution: Mapping[str, Sequence[str]] = field(default_factory=lambda: DEFAULT_ATTRIBUTION)
    wait: float = 30
    stdin: IO[bytes] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeFile:
    """What one file brought."""

    path: str
    status: str
    """read | known | partial | unrecognised"""
    lines: int = 0
    kept: Kept = field(default_factory=Kept)
    rejected: int = 0
    rejects: tuple[Reject, ...] = ()
    """The first of them."""
    missing: tuple[str, ...] = ()
    """Columns no line of it has, where none could be read."""
    columns: tuple[str, ...] = ()
    """Those it has instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeResult:
    """The whole run."""

    ledger: Path
    files: tuple[OutcomeFile, ...]
    breakdowns: tuple[Breakdown, ...]
    """What the ledger holds now."""

    @property
    def complete(self) -> bool:
        """Whether every file had something in it that could be read."""
        return all(file.status != "unrecognised" for file in self.files)


def ingest_outcomes(request: OutcomeRequest) -> OutcomeResult:
    """Read every file whose content the ledger has not; a file is committed whole or not at all.

    Raises UsageError for paths that do not exist, DataError for files or a ledger that cannot be opened. Rows that could not
    be read are part of the result.
    """
    database.check_name(request.ledger)
    with ExitStack() as stack:
        folder = stack.enter_context(scratch.folder_beside(request.ledger))
        named = [path for path in request.paths if path != "-"]
        files = [look_at(path, shown, named=one) for path, shown, one in find(named, ignored=[request.ledger])]
        if "-" in request.paths and request.stdin is not None:
            files.append(spooled_stdin(request.stdin, folder))
        if not files:
            raise DataError(f"no files in {', '.join(request.paths)}", hint="name the file that holds the outcomes")
        connection = database.connect(spill=request.ledger)
        stack.callback(connection.close)
        stack.enter_context(interruptible(connection))
        stones = _stones(connection, request)
        if stones is not None:
            files = [replace(file, ledger_path=stones.masked(file.ledger_path)) for file in files]
        results = [_file(connection, file, request, folder) for file in files]
        held: list[Breakdown] = []
        if request.ledger.exists():
            with database.reading(request.ledger, connection=connection, wait=request.wait):
                held = breakdowns(connection)
    return OutcomeResult(ledger=request.ledger, files=tuple(results), breakdowns=tuple(held))


def _stones(connection: "Connection", request: OutcomeRequest) -> Tombstones | None:
    """Whom the ledger has forgotten."""
    if not request.ledger.exists():
        return None
    with database.reading(request.ledger, connection=connection, wait=request.wait, migrate=True):
        return tombstones(connection)


def _file(connection: "Connection", file: LogFile, request: OutcomeRequest, folder: Path) -> OutcomeFile:
    settings = _settings(file, request.attribution)
    if request.ledger.exists():
        with database.reading(request.ledger, connection=connection, wait=request.wait):
            seen = connection.execute(
                "select lines, rows, rejects from file where settings = $settings limit 1", {"settings": settings}
            ).fetchone()
        if seen is not None:
            return OutcomeFile(
                path=file.shown, status="known", lines=seen[0], kept=Kept(known=seen[1]), rejected=seen[2]
            )
    outcomes: list[Outcome] = []
    rejects: list[Reject] = []
    columns: dict[str, None] = {}
    for item in _judged(_items(connection, file, folder), request.attribution, columns):
        if isinstance(item, Reject):
            rejects.append(item)
        else:
            outcomes.append(item)
    lines = len(outcomes) + len(rejects)
    shown = tuple(rejects[:_SHOWN_REJECTS])
    if not outcomes:
        status = "unrecognised" if rejects else "read"
        return OutcomeFile(
            path=file.shown,
            status=status,
            lines=lines,
            rejected=len(rejects),
            rejects=shown,
            missing=missing_columns(columns) if columns else (),
            columns=tuple(columns),
        )
    with database.writing(request.ledger, connection=connection, wait=request.wait), transaction(connection):
        ingest_id = _run(connection, request)
        kept = keep(connection, broken_down(outcomes), ingest_id)
        _checkpoint(connection, file, settings, rejects, ingest_id=ingest_id, lines=lines, rows=len(outcomes))
    status = "partial" if rejects else "read"
    return OutcomeFile(path=file.shown, status=status, lines=lines, kept=kept, rejected=len(rejects), rejects=shown)


def _items(connection: "Connection", file: LogFile, folder: Path) -> Iterator[Item]:
    if file.format != "parquet":
        yield from () if file.format == "empty" else read(file)
        return
    # The name of a file may hold bytes that no SQL can.
    link = folder / "outcomes.parquet"
    link.unlink(missing_ok=True)
    link.symlink_to(file.path)
    yield from parquet_items(connection, link, nulls=True)


def _judged(
    items: Iterable[Item], attribution: Mapping[str, Sequence[str]], columns: dict[str, None]
) -> Iterator[Outcome | Reject]:
    """What each line states; notes the columns of those that state nothing."""
    for item in items:
        if isinstance(item, Reject):
            yield item
            continue
        line, record = item if isinstance(item, tuple) else (item.line, None)
        if record is None:
            yield Reject(line=line, reason="the last line is not complete", line_hash="", source=SOURCE)
            continue
        if NOT_UTF8 in (text := json_text(record)):
            yield Reject(line=line, reason=WHY_NOT_UTF8, line_hash=hash_of(text.encode()), source=SOURCE)
            continue
        try:
            yield outcome_of(record, attribution)
        except ValueError as error:
            columns.update(dict.fromkeys(map(str, record)))
            yield Reject(line=line, reason=str(error), line_hash=hash_of(text.encode()), source=SOURCE)


def _settings(file: LogFile, attribution: Mapping[str, Sequence[str]]) -> str:
    """What decides what a file brings: its content, and how columns are named."""
    with file.path.open("rb") as raw:
        digest = sha256()
        while part := raw.read(1024 * 1024):
            digest.update(part)
    names = {column: list(keys) for column, keys in attribution.items()}
    rules = sha256(json.dumps([_REVISION, names], sort_keys=True).encode()).hexdigest()[:12]
    return json.dumps({"source": SOURCE, "content": digest.hexdigest(), "rules": rules})


def _run(connection: "Connection", request: OutcomeRequest) -> int:
    stones = tombstones(connection)
    paths = [path if stones is None else stones.masked(path) for path in request.paths]
    (last,) = connection.execute("select coalesce(max(ingest_id), 0) from ledger.ingest").fetchone() or (0,)
    connection.execute(
        "insert into ledger.ingest values (?, ?, ?, null, ?)",
        [
            int(last) + 1,
            clock().astimezone(UTC).replace(tzinfo=None),
            __version__,
            json.dumps({"source": SOURCE, "paths": paths}),
        ],
    )
    return int(last) + 1


def _checkpoint(
    connection: "Connection",
    file: LogFile,
    settings: str,
    rejects: Sequence[Reject],
    *,
    ingest_id: int,
    lines: int,
    rows: int,
) -> None:
    """Note that the file has been read, and what of it could not be."""
    file_id = _file_id(connection, file)
    forget(connection, "reject", [file_id])
    forget(connection, "file", [file_id])
    for reject in rejects:
        connection.execute(
            "insert into ledger.reject values (?, ?, ?, ?, ?)",
            [file_id, reject.line, reject.reason, reject.line_hash, reject.source],
        )
    connection.execute(
        """
        insert into ledger.file by name
        select $file_id as file_id, $path as path, $size as size, $mtime as mtime_ns, $fingerprint as fingerprint,
            $status as status, $settings as settings, $sources as sources, $revisions as revisions, $lines as lines,
            $rows as rows, 0 as conflicts, $rejects as rejects, 0 as ambiguous, 0 as unpriced, $ingest_id as ingest_id,
            $inode as inode
        """,
        {
            "file_id": file_id,
            "path": file.ledger_path,
            "size": file.size,
            "mtime": file.mtime_ns,
            "fingerprint": file.fingerprint,
            "status": "partial" if rejects else "read",
            "settings": settings,
            "sources": json.dumps({SOURCE: rows}),
            "revisions": json.dumps({SOURCE: _REVISION}),
            "lines": lines,
            "rows": rows,
            "rejects": len(rejects),
            "ingest_id": ingest_id,
            "inode": file.inode,
        },
    )


def _file_id(connection: "Connection", file: LogFile) -> int:
    """The ledger's number of a file, old or next free."""
    (file_id,) = connection.execute(
        f"select coalesce(max(file_id) filter (path = $path and status <> '{REPLACED}'), max(file_id) + 1, 1) from ledger.file",
        {"path": file.ledger_path},
    ).fetchone() or (1,)
    return int(file_id)
