"""Settled spans into the ledger, by the same way as the records of a file."""

from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from importlib import resources
from types import TracebackType
from typing import TYPE_CHECKING, Self

from llmcost.ingest.batch import Run
from llmcost.ingest.files import RECEIVED, look_at
from llmcost.ingest.otlp.remembered import remember, remembered
from llmcost.ingest.otlp.traces import Settled
from llmcost.ingest.parted_traces import settle_received, take_back_calls
from llmcost.ingest.reader import json_text
from llmcost.ingest.registry import source_named
from llmcost.ingest.request import IngestRequest
from llmcost.ingest.result import FileResult, IngestResult
from llmcost.ingest.sources._span_tree import is_lone, linking
from llmcost.ingest.stage import MappingSettings
from llmcost.ingest.summary import summarise
from llmcost.ledger import database, scratch
from llmcost.ledger.migrations import transaction
from llmcost.pricing.price_list import load_price_list
from llmcost.pricing.rating import declare_bills

if TYPE_CHECKING:
    from pathlib import Path

SOURCES = ("openinference", "otel-agent-events", "otel-genai")
_SETTINGS = '{"received": true}'
_SUMMED = ("lines", "new", "known", "parts", "conflicts", "rejected", "ambiguous", "skipped")
_SHOWN_REJECTS = 5


class SpanWriter:
    """One receiver's connection, and what it has brought so far."""

    def __init__(self, request: IngestRequest, name: str) -> None:
        """`name` is where the spans are received. Raises as `ingest` does."""
        self._request = request
        self._name = f"{RECEIVED}{name}"
        self._total = FileResult(path=self._name, status="read", named=True, sources={})
        database.check_name(request.ledger)
        price_list = load_price_list(tuple(request.pricing))
        with ExitStack() as stack:
            self._folder: Path = stack.enter_context(scratch.folder_beside(request.ledger))
            # Ctrl-C is the normal end and must not interrupt a commit, so this is no connection of an ordinary run.
            connection = database.connect(spill=request.ledger)
            stack.callback(connection.close)
            connection.execute(resources.files("llmcost.ingest").joinpath("macros.sql").read_text("utf-8"))
            declare_bills(connection, request.bills)
            # A ledger that cannot be written should be known before anything is promised.
            with database.writing(request.ledger, connection=connection, wait=request.wait):
                self.known = remembered(connection)
                """The heads of spans that earlier receivers settled."""
            self._run = Run(
                connection,
                request=request,
                settings=MappingSettings(
                    sources={source: source_named(source) for source in SOURCES}, attribution=request.attribution
                ),
                price_list=price_list,
                settings_text=_SETTINGS,
                folder=self._folder,
            )
            self._stack = stack.pop_all()

    def __enter__(self) -> Self:
        """Nothing more is needed to begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of the connection and the working folder."""
        self._stack.close()

    def write(self, settled: Settled) -> None:
        """Commit the calls among these spans, in one transaction. Raises DataError, having written none of them."""
        # Before the calls: a receiver that is killed between has them in its journal, and settles them again.
        self._note(settled)
        calls = [span for span in settled.spans if span["otlp_span"]["role"] == "call"]
        if calls:
            path = self._folder / "spans.jsonl"
            path.write_bytes(b"".join(json_text(span).encode() + b"\n" for span in calls))
            file = look_at(path, self._name, named=True)
            part = replace(
                file, ledger_path=self._name, stated="lines", fingerprint="", mtime_ns=0, inode=None, grows=True
            )
            (result,) = self._run.batch([part])
            self._total = _joined(self._total, result)
        self._total = replace(
            self._total,
            skipped=self._total.skipped + len(settled.spans) - len(calls),
            left_out=self._total.left_out + sum(map(is_lone, settled.spans)),
        )

    def result(self) -> IngestResult:
        """What all of it came to, with a look at the ledger as it is now."""
        summary = None
        if self._request.summary:
            connection = self._run.connection
            with database.reading(self._request.ledger, connection=connection, wait=self._request.wait):
                summary = summarise(connection, self._request.attribution)
        return IngestResult(
            ledger=self._request.ledger,
            files=(self._total,),
            summary=summary,
            locked_until=self._run.lock,
            late=self._run.late,
        )

    def _note(self, settled: Settled) -> None:
        """Remember the traces, and take back calls that turned out to be wrappers around other calls."""
        if not (settled.skeletons or settled.withdrawn):
            return
        connection = self._run.connection
        with (
            database.writing(self._request.ledger, connection=connection, wait=self._request.wait),
            transaction(connection),
        ):
            remember(connection, settled.skeletons)
            sources = self._run.settings.sources
            if settled.withdrawn:
                take_back_calls(connection, settled.withdrawn, sources)
            # Calls meet what is noted of their trace when they are staged; other spans may link calls that files told of.
            if traces := {link["trace_id"] for span in settled.spans if (link := linking(span)) is not None}:
                settle_received(connection, traces, sources)


def _joined(total: FileResult, part: FileResult) -> FileResult:
    return replace(
        total,
        status="partial" if "partial" in {total.status, part.status} else part.status,
        sources=dict(Counter(total.sources) + Counter(part.sources)),
        unpriced=part.unpriced,
        rejects=(*total.rejects, *part.rejects)[:_SHOWN_REJECTS],
        **{name: getattr(total, name) + getattr(part, name) for name in _SUMMED},
    )
