"""Of which time everything has been read from a gateway's API: spans, committed together with the rows."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from llmcost.domain.pulled import Span, Stream

if TYPE_CHECKING:
    from llmcost.ledger.database import Connection

_STREAM = "gateway = $gateway and url = $url and stream = $stream"
_ANY_KEY = "gateway = $gateway and url = $url and (stream = $stream or starts_with(stream, $stream || ' (key '))"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far a stream has been read."""

    stream: Stream
    since: datetime
    until: datetime
    """The end of the last span; aware, in UTC."""


def covered(connection: "Connection", stream: Stream) -> list[Span]:
    """The spans read of a stream, oldest first, on a connection whose catalog is the ledger.

    What older versions read with a key they did not remember is that of the first key that comes.
    """
    rows = [
        row
        for one in (stream, replace(stream, key=""))
        for row in connection.execute(
            f"select since, until from ledger.gateway_cursor where {_STREAM} order by since", _words(one)
        ).fetchall()
    ]
    return union(Span(since=since.replace(tzinfo=UTC), until=until.replace(tzinfo=UTC)) for since, until in rows)


def begun(connection: "Connection", stream: Stream) -> datetime | None:
    """The earliest time that was read of a stream with any key, on such a connection."""
    words = _words(replace(stream, key=""))
    (since,) = connection.execute(
        f"select min(since) from ledger.gateway_cursor where {_ANY_KEY}", words
    ).fetchone() or (None,)
    return None if since is None else since.replace(tzinfo=UTC)


def cover(connection: "Connection", stream: Stream, spans: Iterable[Span], ingest_id: int) -> None:
    """Add spans that have been read; the caller has begun the transaction."""
    joined = union([*covered(connection, stream), *spans])
    for one in (stream, replace(stream, key="")):
        connection.execute(f"delete from ledger.gateway_cursor where {_STREAM}", _words(one))
    for span in joined:
        connection.execute(
            "insert into ledger.gateway_cursor values ($gateway, $url, $stream, $since, $until, $ingest_id)",
            {
                **_words(stream),
                "since": span.since.replace(tzinfo=None),
                "until": span.until.replace(tzinfo=None),
                "ingest_id": ingest_id,
            },
        )


def reaches(connection: "Connection") -> list[Reach]:
    """Every stream that was ever read, by name."""
    rows = connection.execute(
        "select gateway, url, stream, min(since), max(until) from gateway_cursor group by all order by all"
    ).fetchall()
    return [
        Reach(
            stream=Stream(gateway=gateway, url=url, name=name),
            since=since.replace(tzinfo=UTC),
            until=until.replace(tzinfo=UTC),
        )
        for gateway, url, name, since, until in rows
    ]


def union(spans: Iterable[Span]) -> list[Span]:
    """The same time in spans that neither overlap nor touch, oldest first."""
    joined: list[Span] = []
    for span in sorted(spans):
        if joined and span.since <= joined[-1].until:
            joined[-1] = Span(since=joined[-1].since, until=max(joined[-1].until, span.until))
        elif span.since < span.until:
            joined.append(span)
    return joined


def _words(stream: Stream) -> dict[str, str]:
    return {"gateway": stream.gateway, "url": stream.url, "stream": stream.words}
