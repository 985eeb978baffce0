"""Which span of a trace is the call: instrumentations put usage on wrappers too (agents, chains, a client around a client).

A span never counts when a span below it in the same trace is a call with usage. That is settled trace by trace within one
file, and again with what other files and earlier pulls tell of the trace; beyond `_SPANS_HELD` spans the trace met first is settled
as it stands.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

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
            settle(complete)
            yield from complete
    for trace_spans in traces.values():
        settle(trace_spans)
        yield from trace_spans


def settle(trace: list[Numbered]) -> None:
    """Mark the wrappers among the spans of a trace."""
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
    for _, span in trace:
        head = span["otlp_span"]
        # A span that was sent twice is a wrapper both times.
        head["wraps"] = (heads.get(head["span_id"]) or head)["wraps"]
        if head["role"] == "call":
            # A call without usage inside one that has it is the same call seen further down.
            repeated = not head["usage"] and any(
                p["role"] == "call" and p["usage"] and not p["wraps"] for p in above(head)
            )
            if head["wraps"] or repeated:
                head["role"] = "wrapper"
    for _, span in trace:
        head = span["otlp_span"]
        head["links"] = head["role"] != "call" and _links(head, list(above(head)), heads)


def _links(head: Record, above: Sequence[Record], heads: Mapping[str, Record]) -> bool:
    """Whether a span that is no call may stand, in a trace that is parted, between a wrapper and its call."""
    top = above[-1] if above else head
    return (
        (bool(top["parent_id"]) and top["parent_id"] not in heads)
        or any(parent["role"] == "call" for parent in above)
        or (head["wraps"] and any(parent["role"] == "wrapper" for parent in above))
    )


def linking(span: Record) -> Record | None:
    """The head of a settled span that is no call, where it is a wrapper or may stand between one and its call in another file."""
    head = span.get("otlp_span")
    if not isinstance(head, dict) or head.get("role") not in {"wrapper", "other"}:
        return None
    known = head.get("trace_id") and head.get("span_id")
    return head if known and (head["role"] == "wrapper" or head.get("links")) else None


def is_lone(span: Record) -> bool:
    """Whether a settled span states usage without being a call, and without one below it that was seen."""
    head = span.get("otlp_span")
    return isinstance(head, dict) and head.get("role") == "other" and bool(head.get("usage")) and not head.get("wraps")
