"""Settled spans into the ledger, by the same way as the records of a file."""

import json
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from importlib import resources
from types import TracebackType
from typing import TYPE_CHECKING, Self

from llmcost.ingest.commit import FileCounts, commit_batch, key_rows, late_rows, status_of
from llmcost.ingest.files import look_at
from llmcost.ingest.reader import json_text
from llmcost.ingest.registry import all_sources
from llmcost.ingest.repeats import drop_repeats
from llmcost.ingest.result import FileResult, IngestResult
from llmcost.ingest.run import IngestRequest
from llmcost.ingest.source import Record
from llmcost.ingest.stage import FileOutcome, MappingSettings, Stage
from llmcost.ingest.staging import fill
from llmcost.ingest.summary import summarise
from llmcost.ledger import database, scratch
from llmcost.ledger.locks import locked_until
from llmcost.pricing.price_list import load_price_list
from llmcost.pricing.rating import declare_bills
from llmcost.pricing.runs import record_run

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from llmcost.ledger.database import Connection

SOURCES = ("openinference", "otel-genai")
_SHOWN_REJECTS = 5


class SpanWriter:
    """One receiver's connection, and what it has brought so far."""

    def __init__(self, request: IngestRequest, name: str) -> None:
        """`name` is what the ledger calls where the spans came from. Raises as `ingest` does."""
        self._request = request
        self._name = name
        self._sources = {source: all_sources()[source] for source in SOURCES}
        self._price_list = load_price_list(tuple(request.pricing))
        self._ingest_id: int | None = None
        self._lock: datetime | None = None
        self._late = 0
        self._total = FileResult(path=name, status="read", named=True, sources={})
        with ExitStack() as stack:
            self._folder: Path = stack.enter_context(scratch.folder_beside(request.ledger))
            self._connection: Connection = database.connect(spill=request.ledger)
            stack.callback(self._connection.close)
            self._connection.execute(resources.files("llmcost.ingest").joinpath("macros.sql").read_text("utf-8"))
            declare_bills(self._connection, request.bills)
            # A ledger that cannot be written should be known before anything is promised.
            with database.writing(request.ledger, connection=self._connection, wait=request.wait):
                pass
            self._stack = stack.pop_all()

    def __enter__(self) -> Self:
        """Nothing more is needed to begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of the connection and the working folder."""
        self._stack.close()

    def write(self, spans: Sequence[Record], withdrawn: Sequence[str] = ()) -> None:
        """Commit the calls among these spans, in one transaction. Raises DataError, having written nothing."""
        calls = [span for span in spans if span["otlp_span"]["role"] == "call"]
        self._total = replace(self._total, skipped=self._total.skipped + len(spans) - len(calls))
        if not calls and not withdrawn:
            return
        path = self._folder / "spans.jsonl"
        path.write_bytes(b"".join(json_text(span).encode() + b"\n" for span in calls))
        file = replace(
            look_at(path, self._name, named=True), ledger_path=self._name, mtime_ns=0, inode=None, grows=True
        )
        settings = MappingSettings(sources=self._sources, attribution=self._request.attribution)
        stage = Stage(self._connection, [file], settings, self._folder)
        if calls:
            fill(stage)
            outcome = stage.outcomes[0]
            # Counted on, as if all that came were one file.
            outcome.rejects = [replace(reject, line=reject.line + self._total.lines) for reject in outcome.rejects]
            ambiguous = key_rows(self._connection)
            repeats = drop_repeats(self._connection)
        with database.writing(self._request.ledger, connection=self._connection, wait=self._request.wait):
            if withdrawn:
                self._withdraw(withdrawn)
            if calls:
                (counts,) = commit_batch(
                    self._connection,
                    [file],
                    stage.outcomes,
                    ambiguous,
                    recognised=[True],
                    repeats=repeats,
                    ingest_id=self._id(),
                    price_list=self._price_list,
                    attribution=self._request.attribution,
                    settings=json.dumps({"source": None, "map": "", "at": None, "registry": ""}),
                    sources=self._sources,
                )
                self._lock = locked_until(self._connection)
                if self._lock is not None:
                    self._late += late_rows(self._connection, self._lock)
        if calls:
            self._count(stage.outcomes[0], counts)

    def result(self) -> IngestResult:
        """What all of it came to, with a look at the ledger as it is now."""
        summary = None
        if self._request.summary:
            with database.reading(
                self._request.ledger, connection=self._connection, wait=self._request.wait
            ) as connection:
                summary = summarise(connection, self._request.attribution)
        return IngestResult(
            ledger=self._request.ledger,
            files=(self._total,),
            summary=summary,
            locked_until=self._lock,
            late=self._late,
        )

    def _count(self, outcome: FileOutcome, counts: FileCounts) -> None:
        total = self._total
        sources = Counter(total.sources)
        sources.update(counts.sources)
        self._total = replace(
            total,
            status="partial" if total.status == "partial" else status_of(outcome),
            sources=sources,
            lines=total.lines + outcome.lines,
            new=total.new + counts.new,
            known=total.known + counts.known,
            conflicts=total.conflicts + counts.conflicts,
            rejected=total.rejected + len(outcome.rejects),
            unpriced=counts.unpriced,
            ambiguous=total.ambiguous + counts.ambiguous,
            rejects=(*total.rejects, *outcome.rejects)[:_SHOWN_REJECTS],
        )

    def _withdraw(self, request_ids: Sequence[str]) -> None:
        """Take back calls that turned out to be wrappers around other calls."""
        self._connection.execute(
            "delete from ledger.request where list_contains($sources, source) and list_contains($ids, request_id)",
            {"sources": list(SOURCES), "ids": list(request_ids)},
        )

    def _id(self) -> int:
        """This run's number, noted in the ledger with its first commit."""
        if self._ingest_id is None:
            self._ingest_id = record_run(self._connection, self._price_list, {"listen": self._name})
        return self._ingest_id
