"""Pages pulled from an API into the ledger: rows, and how far they reach, in one transaction."""

import json
import time
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

from llmcost.domain.errors import LlmcostError
from llmcost.domain.period import Period
from llmcost.domain.pulled import Page, Span, Stream
from llmcost.ingest.batch import Run, batch_bytes, opened
from llmcost.ingest.files import PULLED, LogFile, look_at
from llmcost.ingest.registry import source_named
from llmcost.ingest.request import IngestRequest
from llmcost.ingest.result import FileResult, IngestResult
from llmcost.ingest.stage import MappingSettings
from llmcost.ingest.summary import summarise
from llmcost.ledger import database, scratch
from llmcost.ledger.coverage import begun, cover, covered
from llmcost.ledger.migrations import transaction
from llmcost.pricing.price_list import load_price_list

if TYPE_CHECKING:
    from types import TracebackType

    from llmcost.ledger.database import Connection

_BATCH_ROWS = 50_000
_BATCH_SECONDS = 30.0
_SETTINGS = json.dumps({"pulled": True})


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What came of a pull."""

    result: FileResult
    error: LlmcostError | None = None
    """What ended it early; the rows before it are in the ledger."""


@dataclass(slots=True, kw_only=True)
class _Batch:
    """Pages of the same sources that are committed together."""

    sources: tuple[str, ...]
    path: Path
    together: bool
    """Whether records of a window belong together: which of them are calls is told by those around them."""
    ended: bool = False
    """Whether the last page completed a window."""
    rows: int = 0
    size: int = 0
    covered: list[Span] = field(default_factory=list)
    begun: float = field(default_factory=time.monotonic)

    @property
    def full(self) -> bool:
        much = self.rows >= _BATCH_ROWS or time.monotonic() - self.begun >= _BATCH_SECONDS
        return self.size >= batch_bytes() or (much and (self.ended or not self.together))

    def add(self, page: Page) -> None:
        self.ended = page.covered is not None
        if page.covered is not None:
            self.covered.append(page.covered)
        if not page.records:
            return
        content = "".join(f"{record}\n" for record in page.records).encode("utf-8", "replace")
        with self.path.open("ab") as file:
            file.write(content)
        self.rows += len(page.records)
        self.size += len(content)


class Intake:
    """A run that takes pages; `with` it, the ledger is locked only while a batch is committed."""

    def __init__(self, request: IngestRequest) -> None:
        self._request = request
        self._stack = ExitStack()
        self._batches = 0
        self._results: list[FileResult] = []

    def __enter__(self) -> Self:
        database.check_name(self._request.ledger)
        price_list = load_price_list(tuple(self._request.pricing))
        with ExitStack() as stack:
            self._folder = stack.enter_context(scratch.folder_beside(self._request.ledger))
            self._run = Run(
                opened(self._request, stack),
                request=self._request,
                settings=MappingSettings(sources={}, attribution=self._request.attribution),
                price_list=price_list,
                settings_text=_SETTINGS,
                folder=self._folder,
            )
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: "TracebackType | None"
    ) -> None:
        self._stack.close()

    def _reading(self) -> AbstractContextManager["Connection"]:
        """The ledger as it is, of our schema."""
        return database.reading(
            self._request.ledger, connection=self._run.connection, wait=self._request.wait, migrate=True
        )

    def covered(self, stream: Stream) -> list[Span]:
        """The spans of a stream that have been read, oldest first."""
        if not self._request.ledger.exists():
            return []
        with self._reading():
            return covered(self._run.connection, stream)

    def begun(self, stream: Stream) -> datetime | None:
        """The earliest time that was read of a stream with any key; None where there is none."""
        if not self._request.ledger.exists():
            return None
        with self._reading():
            return begun(self._run.connection, stream)

    def without_bill(self, prefix: str, reporter: str, period: Period) -> list[str]:
        """The ids that begin so, of calls in a period whose bill nobody has stated and that `reporter` has not reported."""
        if not self._request.ledger.exists():
            return []
        with self._reading():
            rows = self._run.connection.execute(
                "select distinct request_id from ledger.request where starts_with(request_id, $prefix) "
                "and billed_cost is null and reported_by is distinct from $reporter "
                "and started_at >= coalesce($since, timestamp '-infinity') "
                "and started_at < coalesce($until, timestamp 'infinity') order by request_id",
                {
                    "prefix": prefix,
                    "reporter": reporter,
                    "since": period.since and period.since.replace(tzinfo=None),
                    "until": period.until and period.until.replace(tzinfo=None),
                },
            ).fetchall()
        return [one for (one,) in rows]

    def take(self, stream: Stream, pages: Iterable[Page]) -> Taken:
        """Commit pages in batches. An error among them ends it; what came before is committed all the same."""
        results: list[FileResult] = []
        error: LlmcostError | None = None
        walk = iter(pages)
        batch: _Batch | None = None
        while True:
            try:
                page = next(walk, None)
            except LlmcostError as found:
                error, page = found, None
            if batch is not None and (page is None or batch.full or page.sources != batch.sources):
                results.append(self._commit(stream, batch))
                batch = None
            if page is None:
                break
            if batch is None:
                self._batches += 1
                batch = _Batch(
                    sources=page.sources,
                    path=self._folder / f"pulled-{self._batches}.jsonl",
                    together=any(source_named(name).span_of is not None for name in page.sources),
                )
                batch.path.touch(0o600)
            batch.add(page)
        result = _joined(stream, results, failed=error is not None)
        self._results.append(result)
        return Taken(result=result, error=error)

    def fail(self, stream: Stream) -> None:
        """Say that a stream could not even be begun."""
        self._results.append(_joined(stream, [], failed=True))

    def finish(self) -> IngestResult:
        """Rate what was left unpriced and say what happened so far."""
        summary = None
        if self._request.ledger.exists():
            self._run.rate_unpriced()
            if self._request.summary:
                with database.reading(self._request.ledger, connection=self._run.connection, wait=self._request.wait):
                    summary = summarise(self._run.connection, self._request.attribution)
        return IngestResult(
            ledger=self._request.ledger,
            files=tuple(self._results),
            summary=summary,
            locked_until=self._run.lock,
            late=self._run.late,
            left_unpriced=self._run.left_unpriced,
        )

    def _commit(self, stream: Stream, batch: _Batch) -> FileResult:
        try:
            if not batch.rows:
                self._move(stream, batch.covered)
                return FileResult(path=stream.shown, status="read", named=True, sources={}, pulled=True)
            self._run.settings = replace(
                self._run.settings, sources={name: source_named(name) for name in batch.sources}
            )
            (result,) = self._run.batch([_part(stream, batch.path)], {stream: batch.covered})
            return result
        finally:
            batch.path.unlink(missing_ok=True)

    def _move(self, stream: Stream, spans: Sequence[Span]) -> None:
        """Note that there was nothing in these spans."""
        if not spans:
            return
        connection = self._run.connection
        with (
            database.writing(self._request.ledger, connection=connection, wait=self._request.wait),
            transaction(connection),
        ):
            cover(connection, stream, spans, self._run.id())


def _part(stream: Stream, path: Path) -> LogFile:
    return replace(
        look_at(path, stream.shown, named=True),
        ledger_path=f"{PULLED}{stream.shown}",
        stated="lines",
        fingerprint="",
        mtime_ns=0,
        inode=None,
        grows=True,
    )


def _joined(stream: Stream, results: Sequence[FileResult], *, failed: bool) -> FileResult:
    """One result of all batches of a pull."""
    statuses = {result.status for result in results}
    status = next((one for one in ("unrecognised", "partial") if one in statuses), "partial" if failed else "read")
    sources: dict[str, int] = {}
    for result in results:
        for name, count in result.sources.items():
            sources[name] = sources.get(name, 0) + count
    return FileResult(
        path=stream.shown,
        status=status,
        named=True,
        pulled=True,
        sources=dict(sorted(sources.items())),
        unpriced=results[-1].unpriced if results else 0,
        rejects=tuple(reject for result in results for reject in result.rejects)[:5],
        **{name: sum(getattr(result, name) for result in results) for name in _SUMMED},
    )


_SUMMED = (
    *(
        "lines",
        "new",
        "known",
        "parts",
        "conflicts",
        "rejected",
        "ambiguous",
        "skipped",
        "left_out",
        "other_charges",
        "pending",
        "unfinished",
        "buckets",
        "new_buckets",
    ),
)
