"""Which span of a trace is the call: instrumentations put usage on wrappers too (agents, chains, a client around a client).

A span never counts when a span below it in the same trace is a call with usage. That is settled trace by trace within one
file: a parent in another file is not seen, and beyond `_SPANS_HELD` spans the trace met first is settled as it stands.
"""

from collections.abc import Iterable, Iterator

from llmcost.ingest.source import Numbered, Record

_SPANS_HELD = 200_000
_DEPTH = 1000
"""How far up a wrapper is looked for."""


def settled(spans: Iterable[Numbered]) -> Iterator[Numbered]:
    """The same spans, trace by trace, the role of those that repeat another one changed to `wrapper`."""
    traces: dict[str, list[Numbered]] = {}
    held = 0
    for line, span in spans:
        trace = span["otlp_span"]["trace_id"] or f"line {line}"
        traces.setdefault(trace, []).append((line, span))
        held += 1
        if held > _SPANS_HELD:
            complete = traces.pop(next(iter(traces)))
            held -= len(complete)
            yield from _settled(complete)
    for trace_spans in traces.values():
        yield from _settled(trace_spans)


def _settled(trace: list[Numbered]) -> Iterator[Numbered]:
    """The spans of a trace, wrappers marked so."""
    heads = {span["otlp_span"]["span_id"]: span["otlp_span"] for _, span in trace if span["otlp_span"]["span_id"]}

    def above(head: Record) -> Iterator[Record]:
        seen = {head["span_id"]}
        while (
            (parent := heads.get(head["parent_id"])) is not None
            and parent["span_id"] not in seen
            and len(seen) < _DEPTH
        ):
            seen.add(parent["span_id"])
            yield parent
            head = parent

    for _, span in trace:
        head = span["otlp_span"]
        if head["role"] == "call" and head["usage"]:
            for parent in above(head):
                if parent["wraps"]:
                    break
                parent["wraps"] = True
    for line, span in trace:
        head = span["otlp_span"]
        if head["role"] == "call":
            # A call without usage inside one that has it is the same call seen further down.
            repeated = not head["usage"] and any(
                p["role"] == "call" and p["usage"] and not p["wraps"] for p in above(head)
            )
            if head["wraps"] or repeated:
                head["role"] = "wrapper"
        yield line, span
