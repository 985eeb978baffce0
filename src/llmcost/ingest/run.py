"""The use case: read what the user names into the ledger, each call once, and say what happened."""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from hashlib import sha256
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import IO, TYPE_CHECKING

from llmcost.domain.attribution import DEFAULT_ATTRIBUTION
from llmcost.domain.errors import DataError, UsageError
from llmcost.domain.pulled import Span, Stream
from llmcost.ingest.buckets import rate_unpriced_buckets
from llmcost.ingest.checkpoints import Checkpoint, checkpoints, known_copies, known_files, write_copies
from llmcost.ingest.commit import commit_batch, key_rows, late_rows, rate_unpriced
from llmcost.ingest.files import LogFile
from llmcost.ingest.lineage import lineage_of
from llmcost.ingest.offered import looked_at, spooled_stdin, tell_formats
from llmcost.ingest.reader import Reject
from llmcost.ingest.recording import FileCounts, status_of
from llmcost.ingest.registry import all_sources, source_named
from llmcost.ingest.repeats import drop_repeats
from llmcost.ingest.result import FileResult, IngestResult
from llmcost.ingest.source import Route, Source
from llmcost.ingest.stage import FileOutcome, MappingSettings, Stage
from llmcost.ingest.staged import BUCKETS
from llmcost.ingest.staging import fill
from llmcost.ingest.summary import summarise
from llmcost.ledger import database, scratch
from llmcost.ledger.interrupts import interruptible
from llmcost.ledger.locks import locked_until
from llmcost.ledger.tombstones import Tombstones, tombstones
from llmcost.pricing.price_list import PriceList, load_price_list
from llmcost.pricing.rating import declare_bills
from llmcost.pricing.runs import record_run

if TYPE_CHECKING:
    from datetime import datetime

    from llmcost.ledger.database import Connection

BATCH_BYTES = int(os.environ.get("LLMCOSTBATCH_BYTES", "") or 256 * 1024 * 1024)
"""Bytes of log in one transaction. The variable is internal: tests make many small transactions with it."""
_BATCH_FILES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestRequest:
    """What to read and how."""

    paths: Sequence[str]
    ledger: Path
    source: str | None = None
    """Read everything as this source instead of recognising it."""
    mapping: Source | None = None
    """A mapping of the user's own, which then claims everything."""
    mapping_text: str = ""
    at: str | None = None
    """Time of records that state none: UTC ISO text, or `mtime`."""
    attribution: Mapping[str, Sequence[str]] = field(default_factory=lambda: DEFAULT_ATTRIBUTION)
    pricing: Sequence[Path] = ()
    bills: frozenset[str] = frozenset()
    """Reporters whose claimed cost is the bill."""
    wait: float = 30
    stdin: IO[bytes] | None = None
    summary: bool = True
    """Say afterwards what the ledger holds, which takes a look at all of it."""


def ingest(request: IngestRequest, progress: Callable[[int, int], None] | None = None) -> IngestResult:
    """Read every file that is new or changed. `progress` is told bytes done and bytes in all.

    Raises UsageError for paths that do not exist, ConfigError for a bad price list, DataError for a ledger that cannot
    be written. What could not be read inside a file is part of the result.
    """
    sources = sources_for(request)
    database.check_name(request.ledger)
    price_list = load_price_list(tuple(request.pricing))
    with ExitStack() as stack:
        folder = stack.enter_context(scratch.folder_beside(request.ledger))
        files, trouble = looked_at(request.paths, request.ledger)
        if "-" in request.paths and request.stdin is not None:
            files.append(spooled_stdin(request.stdin, folder))
        if not files:
            raise DataError(
                f"no files in {', '.join(request.paths)}", hint="name a folder that holds logs, or the logs themselves"
            )
        connection = opened(request, stack)
        settings_text = _settings_text(request, sources)
        stored, stones = _stored(connection, request)
        if stones is not None:
            files = [replace(file, ledger_path=stones.masked(file.ledger_path)) for file in files]
        revisions = {name: source.revision for name, source in all_sources().items()}
        results: dict[int, FileResult] = known_files(stored, files, settings_text, revisions)
        tell_formats(files, results, trouble)
        todo = [n for n in range(len(files)) if n not in results and files[n].format not in {"unknown", "empty"}]
        copies = known_copies(
            stored, files, todo, settings=settings_text, revisions=revisions, by_mtime=request.at == "mtime"
        )
        todo = [n for n in todo if n not in copies]
        for number, file in enumerate(files):
            if number in results or number in copies:
                continue
            if file.format == "unknown":
                reasons = tuple(Reject(line=0, reason=text, line_hash="") for n, text in trouble.items() if n == number)
                results[number] = FileResult(
                    path=file.shown, status="unrecognised", named=file.named, sources={}, rejects=reasons
                )
            elif file.format == "empty":
                results[number] = FileResult(path=file.shown, status="read", named=file.named, sources={})
        settings = MappingSettings(
            sources=sources,
            attribution=request.attribution,
            at=request.at,
            lineage=lineage_of(files, sources),
            forced=forced_route(request),
        )
        run = Run(
            connection,
            request=request,
            settings=settings,
            price_list=price_list,
            settings_text=settings_text,
            folder=folder,
            stones=stones,
        )
        if copies:
            results |= dict(zip(copies, run.copies({files[n]: seen for n, seen in copies.items()}), strict=True))
        total = sum(files[n].size for n in todo)
        done = 0
        for numbers in _batches(files, todo):
            batch = [files[n] for n in numbers]
            results |= dict(zip(numbers, run.batch(batch), strict=True))
            done += sum(file.size for file in batch)
            if progress is not None:
                progress(done, total)
        summary = None
        if request.ledger.exists():
            run.rate_unpriced()
            if request.summary:
                with database.reading(request.ledger, connection=connection, wait=request.wait):
                    summary = summarise(connection, request.attribution)
    return IngestResult(
        ledger=request.ledger,
        files=tuple(results[n] for n in range(len(files))),
        summary=summary,
        locked_until=run.lock,
        late=run.late,
        left_unpriced=run.left_unpriced,
    )


def opened(request: IngestRequest, stack: ExitStack) -> "Connection":
    """A connection on which records can be mapped and rated, for as long as the stack."""
    connection = database.connect(spill=request.ledger)
    stack.callback(connection.close)
    stack.enter_context(interruptible(connection))
    connection.execute(resources.files("llmcost.ingest").joinpath("macros.sql").read_text("utf-8"))
    declare_bills(connection, request.bills)
    return connection


class Run:
    """One run's connection and settings, and the number it has in the ledger."""

    def __init__(
        self,
        connection: "Connection",
        *,
        request: IngestRequest,
        settings: MappingSettings,
        price_list: PriceList,
        settings_text: str,
        folder: Path,
        stones: Tombstones | None = None,
    ) -> None:
        self.connection = connection
        self.stones = stones
        self.request = request
        self.settings = settings
        self.price_list = price_list
        self.settings_text = settings_text
        self.folder = folder
        self.ingest_id: int | None = None
        self.lock: datetime | None = None
        """The end of the locked time, naive UTC."""
        self.late = 0
        """New rows that began before it."""
        self.left_unpriced = 0

    def batch(
        self, files: Sequence[LogFile], covered: Mapping[Stream, Sequence[Span]] = MappingProxyType({})
    ) -> list[FileResult]:
        """Stage without the ledger, then commit with it; `covered` is the time of which everything has then been pulled."""
        stage = Stage(self.connection, files, self.settings, self.folder)
        fill(stage)
        ambiguous = key_rows(self.connection)
        recognised = _recognised(self.connection, stage.outcomes)
        repeats = drop_repeats(self.connection)
        counts: list[FileCounts] = []
        if any(recognised):
            with database.writing(self.request.ledger, connection=self.connection, wait=self.request.wait):
                counts = commit_batch(
                    self.connection,
                    files,
                    stage.outcomes,
                    ambiguous,
                    recognised=recognised,
                    repeats=repeats,
                    ingest_id=self.id(),
                    price_list=self.price_list,
                    attribution=self.settings.attribution,
                    settings=self.settings_text,
                    sources=self.settings.sources,
                    covered=covered,
                )
                self.lock = locked_until(self.connection)
                if self.lock is not None:
                    self.late += late_rows(self.connection, self.lock)
        return [
            _result(file, outcome, counts[n] if recognised[n] else None)
            for n, (file, outcome) in enumerate(zip(files, stage.outcomes, strict=True))
        ]

    def copies(self, copies: Mapping[LogFile, Checkpoint]) -> list[FileResult]:
        """Note files whose content the ledger has under another name."""
        with database.writing(self.request.ledger, connection=self.connection, wait=self.request.wait):
            return write_copies(self.connection, copies, self.id())

    def id(self) -> int:
        """This run's number, noted in the ledger with its first commit."""
        if self.ingest_id is None:
            self.ingest_id = record_run(
                self.connection,
                self.price_list,
                {
                    "paths": [path if self.stones is None else self.stones.masked(path) for path in self.request.paths],
                    "settings": self.settings_text,
                },
            )
        return self.ingest_id

    def rate_unpriced(self) -> None:
        """Rate again the rows that have no price, were last rated with another list and are not locked."""
        with database.reading(self.request.ledger, connection=self.connection, wait=self.request.wait):
            self.lock = locked_until(self.connection)
            stale, self.left_unpriced = self.connection.execute(
                "select count(*) filter (not locked), count(*) filter (locked) from ("
                "select request.started_at < coalesce($lock, timestamp '-infinity') as locked "
                "from ledger.request join ledger.ingest using (ingest_id) "
                "where cost_status = 'unpriced' and price_list <> $version)",
                {"version": self.price_list.version, "lock": self.lock},
            ).fetchone() or (0, 0)
            stale_buckets = self.connection.execute(
                "select 1 from ledger.usage_bucket join ledger.ingest using (ingest_id) "
                "where cost_status = 'unpriced' and price_list <> $version "
                "and bucket_start >= coalesce($lock, timestamp '-infinity') limit 1",
                {"version": self.price_list.version, "lock": self.lock},
            ).fetchone()
        if stale_buckets:
            with database.writing(self.request.ledger, connection=self.connection, wait=self.request.wait):
                rate_unpriced_buckets(self.connection, self.id(), self.price_list)
        if stale:
            with database.writing(self.request.ledger, connection=self.connection, wait=self.request.wait):
                rate_unpriced(self.connection, self.id(), self.price_list)


def sources_for(request: IngestRequest) -> Mapping[str, Source]:
    """The sources a request lets claim records."""
    if request.at == "mtime" and "-" in request.paths:
        raise UsageError("standard input has no time of change", hint="name the time: `--at 2026-11-01T00:00:00Z`")
    if request.mapping is None and request.source is not None and source_named(request.source).claims == "false":
        raise UsageError(f"--source {request.source} needs a mapping", hint="`llmcost ingest --map FILE PATH...`")
    if request.mapping is not None:
        return {"generic": request.mapping}
    if request.source is not None:
        return {request.source: source_named(request.source)}
    return {name: source for name, source in all_sources().items() if source.claims != "false"}


def forced_route(request: IngestRequest) -> Route | None:
    """`--source ID` reads records as that source even where its own signature is missing."""
    if request.source is None:
        return None

    return Route(source_id=request.source, source=replace(source_named(request.source), claims="true"))


def _settings_text(request: IngestRequest, sources: Mapping[str, Source]) -> str:
    """What besides its content decides how a file is read; a file whose text differs is read again."""
    registry = sha256(json.dumps([(name, source.revision) for name, source in sources.items()]).encode()).hexdigest()[
        :12
    ]
    return json.dumps({"source": request.source, "map": request.mapping_text, "at": request.at, "registry": registry})


def _stored(connection: "Connection", request: IngestRequest) -> tuple[dict[str, Checkpoint], Tombstones | None]:
    """What the ledger knows: files that were read, and whom it has forgotten."""
    if not request.ledger.exists():
        return {}, None
    with database.reading(request.ledger, connection=connection, wait=request.wait):
        return checkpoints(connection), tombstones(connection)


def _batches(files: Sequence[LogFile], numbers: Sequence[int]) -> Iterator[list[int]]:
    """Small files together, a large one by itself: a commit costs about as much as 150,000 rows."""
    batch: list[int] = []
    size = 0
    for number in numbers:
        weight = files[number].size * (1 if files[number].compression == "uncompressed" else 8)
        if batch and (size + weight > BATCH_BYTES or len(batch) >= _BATCH_FILES):
            yield batch
            batch, size = [], 0
        batch.append(number)
        size += weight
    if batch:
        yield batch


def _recognised(connection: "Connection", outcomes: Sequence[FileOutcome]) -> list[bool]:
    with_rows = {
        number
        for (number,) in connection.execute(
            f"select distinct file_no from stage union select distinct file_no from {BUCKETS}"
        ).fetchall()
    }
    return [
        number in with_rows or outcome.skipped > 0 or outcome.pending > 0 or outcome.rejects.of_known_source
        for number, outcome in enumerate(outcomes)
    ]


def _result(file: LogFile, outcome: FileOutcome, counts: FileCounts | None) -> FileResult:
    rejects = outcome.rejects.first()
    if counts is None:
        return FileResult(
            path=file.shown, status="unrecognised", named=file.named, sources={}, lines=outcome.lines, rejects=rejects
        )
    return FileResult(
        path=file.shown,
        status=status_of(outcome),
        named=file.named,
        sources=counts.sources,
        lines=outcome.lines,
        new=counts.new,
        known=counts.known,
        parts=counts.parts,
        conflicts=counts.conflicts,
        rejected=len(outcome.rejects),
        unpriced=counts.unpriced,
        ambiguous=counts.ambiguous,
        buckets=counts.buckets,
        new_buckets=counts.new_buckets,
        skipped=outcome.skipped,
        pending=outcome.pending,
        rejects=rejects,
    )
