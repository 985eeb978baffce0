"""A run of reading: its batches staged, written into the ledger, and told of file by file."""

import os
from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from llmcost.domain.pulled import Span, Stream
from llmcost.ingest.buckets import rate_unpriced_buckets
from llmcost.ingest.checkpoints import Checkpoint, write_copies
from llmcost.ingest.commit import commit_batch, key_rows, late_rows, rate_unpriced
from llmcost.ingest.cut_rows import CutRows, as_logs, keep_staged
from llmcost.ingest.files import LogFile
from llmcost.ingest.recording import FileCounts, status_of
from llmcost.ingest.repeats import drop_repeats
from llmcost.ingest.request import IngestRequest
from llmcost.ingest.result import FileResult
from llmcost.ingest.stage import FileOutcome, MappingSettings, Stage
from llmcost.ingest.staged import BUCKETS
from llmcost.ingest.staging import fill
from llmcost.ledger import database
from llmcost.ledger.interrupts import interruptible
from llmcost.ledger.locks import locked_until
from llmcost.ledger.tombstones import Tombstones
from llmcost.pricing.price_list import PriceList
from llmcost.pricing.rating import declare_bills
from llmcost.pricing.runs import record_run

if TYPE_CHECKING:
    from datetime import datetime

    from llmcost.ledger.database import Connection


def batch_bytes() -> int:
    """Bytes of log in one transaction. The variable is internal: tests make many small transactions with it."""
    return int(os.environ.get("LLMCOST_BATCH_BYTES", "") or 256 * 1024 * 1024)


def opened(request: IngestRequest, stack: ExitStack) -> "Connection":
    """A connection on which records can be mapped and rated, for as long as the stack."""
    connection = database.connect(spill=request.ledger, keeps_blocks=True)
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
        self,
        files: Sequence[LogFile],
        covered: Mapping[Stream, Sequence[Span]] = MappingProxyType({}),
        *,
        cut: CutRows = MappingProxyType({}),
        later: Collection[int] = (),
    ) -> list[FileResult]:
        """Stage without the ledger, then commit with it; `covered` is the time of which everything has then been pulled.

        What the rows of `cut` brought is taken back. `later` are the ledger's numbers of files that later batches of the run
        read in another way than they were.
        """
        if cut:
            self._stage(as_logs(cut, self.folder))
            keep_staged(self.connection, cut)
        stage, ambiguous = self._stage(files)
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
                    cut=bool(cut),
                    later=later,
                )
                self.lock = locked_until(self.connection)
                if self.lock is not None:
                    self.late += late_rows(self.connection, self.lock)
        return [
            _result(file, outcome, counts[n] if recognised[n] else None)
            for n, (file, outcome) in enumerate(zip(files, stage.outcomes, strict=True))
        ]

    def _stage(self, files: Sequence[LogFile]) -> tuple[Stage, Mapping[int, int]]:
        """The files staged and keyed, and their ambiguous rows per file."""
        stage = Stage(self.connection, files, self.settings, self.folder)
        fill(stage)
        return stage, key_rows(self.connection)

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
            path=file.shown,
            status="unrecognised",
            named=file.named,
            sources={},
            lines=outcome.lines,
            rejects=rejects,
            absent=outcome.absent,
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
        disagreements=counts.disagreements,
        kept=counts.kept,
        skipped=outcome.skipped,
        left_out=outcome.left_out,
        other_charges=outcome.other_charges,
        pending=outcome.pending,
        unfinished=outcome.unfinished,
        announces_more=outcome.announces_more,
        rejects=rejects,
        absent=outcome.absent,
    )
