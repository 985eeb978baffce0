"""Spans of time: which are still to be read, and how they are cut for an API."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from llmcost.domain.pulled import Span

_START = datetime(1970, 1, 1, tzinfo=UTC)


def unread(wanted: Span, covered: Iterable[Span]) -> Iterator[Span]:
    """What of `wanted` lies in none of the covered spans, oldest first."""
    since = wanted.since
    for span in sorted(covered):
        if span.since >= wanted.until:
            break
        if span.since > since:
            yield Span(since=since, until=span.since)
        since = max(since, span.until)
    if since < wanted.until:
        yield Span(since=since, until=wanted.until)


def windows(span: Span, longest: timedelta, grain: timedelta) -> list[Span]:
    """The span in windows no longer than `longest`, with bounds that are whole multiples of `grain`; it only ever grows."""
    since = _START + (span.since - _START) // grain * grain
    until = _START - (_START - span.until) // grain * grain
    return list(_cut(since, until, max(longest, grain)))


def parts(span: Span, number: int, grain: timedelta) -> list[Span]:
    """The span in about so many parts; the span alone when it is too short to be cut."""
    length = -(-((span.until - span.since) / number) // grain) * grain
    return list(_cut(span.since, span.until, length))


def settled(window: Span, begun: datetime, late: timedelta) -> Span | None:
    """The part of a window, read since `begun`, in which no more rows are expected; rows appear up to `late` after their time."""
    until = min(window.until, begun - late)
    return Span(since=window.since, until=until) if until > window.since else None


def _cut(since: datetime, until: datetime, length: timedelta) -> Iterator[Span]:
    while since < until:
        end = min(since + length, until)
        yield Span(since=since, until=end)
        since = end
