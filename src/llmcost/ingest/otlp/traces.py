"""Spans that wait until their trace is likely complete, because a wrapper is told from a call by what stands below it.

Spans arrive when they end: the call first, the client around it later, perhaps from another process. A trace is settled when
nothing of it has come for a while. What comes later still is settled together with the skeleton of what was there, and a
call that then turns out to be a wrapper is to be taken back.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

from llmcost.ingest.otlp.remembered import SPANS
from llmcost.ingest.source import Numbered, Record
from llmcost.ingest.sources._span_tree import settle

QUIET_SECONDS = 10.0
LONGEST_SECONDS = 300.0
"""A trace that never falls silent is settled in pieces."""


@dataclass(slots=True, kw_only=True)
class Waiting:
    """A trace that is not settled yet."""

    began: float
    heard: float
    spans: list[tuple[int, Record]] = field(default_factory=list)
    """Where each was written down, and the span."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Traces that are ready to be written."""

    spans: Sequence[Record]
    withdrawn: Sequence[str]
    """Request ids of calls written before that are wrappers after all."""
    places: Sequence[int]
    """Where the spans were written down, one entry each."""
    skeletons: Mapping[str, Sequence[Record]]
    """The heads of all spans that are known of these traces, those settled before included."""


class Traces:
    """Open traces by id, and the skeletons of those settled before."""

    def __init__(
        self, *, quiet: float = QUIET_SECONDS, longest: float = LONGEST_SECONDS, known: Iterable[Record] = ()
    ) -> None:
        """`known` are the heads of spans that were settled before."""
        self._quiet = quiet
        self._longest = longest
        self._open: OrderedDict[str, Waiting] = OrderedDict()
        self._known: OrderedDict[str, list[Numbered]] = OrderedDict()
        self._remembered = 0
        self._owed: list[str] = []
        self._nameless = 0
        self.held = 0
        """Spans that wait."""
        for head in known:
            self._known.setdefault(head["trace_id"], []).append((0, {"otlp_span": head}))
            self._remembered += 1

    def add(self, spans: Iterable[Record], place: int, now: float) -> None:
        """Spans that have been written down at `place`."""
        for span in spans:
            trace = span["otlp_span"]["trace_id"] or self._no_name()
            waiting = self._open.setdefault(trace, Waiting(began=now, heard=now))
            waiting.heard = now
            waiting.spans.append((place, span))
            self.held += 1

    def due(self, now: float, *, everything: bool = False, most: int = 100_000) -> Settled:
        """Take out the traces that have been silent, or all of them, up to so many spans."""
        spans: list[Record] = []
        withdrawn: list[str] = []
        places: list[int] = []
        skeletons: dict[str, list[Record]] = {}
        for trace in list(self._open):
            waiting = self._open[trace]
            silent = now - waiting.heard >= self._quiet or now - waiting.began >= self._longest
            if not (everything or silent):
                continue
            if spans and len(spans) + len(waiting.spans) > most:
                break
            del self._open[trace]
            self.held -= len(waiting.spans)
            withdrawn += self._settle(trace, waiting)
            if waiting.spans[0][1]["otlp_span"]["trace_id"]:
                skeletons[trace] = [span["otlp_span"] for _, span in self._known.get(trace, [])]
            spans += [span for _, span in waiting.spans]
            places += [place for place, _ in waiting.spans]
        if spans:
            # With nothing to write nobody writes, and what is owed would be lost.
            withdrawn, self._owed = [*self._owed, *withdrawn], []
        return Settled(spans=spans, withdrawn=withdrawn, places=places, skeletons=skeletons)

    def put_back(self, settled: Settled) -> None:
        """What could not be written; it is due again at once."""
        self._owed += settled.withdrawn
        for place, span in zip(settled.places, settled.spans, strict=True):
            trace = span["otlp_span"]["trace_id"] or self._no_name()
            self._open.setdefault(trace, Waiting(began=-inf, heard=-inf)).spans.append((place, span))
            self.held += 1

    def _no_name(self) -> str:
        self._nameless += 1
        return f"nameless {self._nameless}"

    def _settle(self, trace: str, waiting: Waiting) -> list[str]:
        """Settle a trace with what was there of it before; returns the earlier calls that are none."""
        before = self._known.pop(trace, [])
        calls = [span["otlp_span"] for _, span in before if span["otlp_span"]["role"] == "call"]
        whole = [*before, *((place, {"otlp_span": span["otlp_span"]}) for place, span in waiting.spans)]
        for _, span in whole:
            span["otlp_span"]["wraps"] = False
        settle(whole)
        self._known[trace] = whole
        self._remembered += len(waiting.spans)
        while self._remembered > SPANS:
            _, forgotten = self._known.popitem(last=False)
            self._remembered -= len(forgotten)
        return [f"{head['trace_id']}:{head['span_id']}" for head in calls if head["role"] != "call"]
