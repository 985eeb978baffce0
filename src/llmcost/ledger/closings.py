"""Closed periods of chargeback, as they are stored."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredClosing:
    """One closing, in force or reopened. Times are the ledger's: naive UTC."""

    dimension: str
    label: str
    since: datetime
    until: datetime
    """Exclusive."""
    closed_at: datetime
    note: str | None
    content: str
    """JSON."""
    content_hash: str
    reopened_at: datetime | None
    """None: in force."""
    reopen_note: str | None


_WITHIN = {
    "request": "started_at >= closed.since and started_at < closed.until",
    "usage_bucket": "bucket_start < closed.until and bucket_end > closed.since",
    # A day is one of some time zone: the one that `until` is in may still be of the period.
    "outcome": "day between closed.since::date and closed.until::date",
}


def is_closed(table: str, ledger: str = "ledger") -> str:
    """SQL: whether a row of a table is of a closed period, whose statements rest on it."""
    return f"exists (select 1 from {ledger}.chargeback as closed where closed.reopened_at is null and {_WITHIN[table]})"


def closings(connection: "Connection") -> tuple[StoredClosing, ...]:
    """Every closing there ever was, by dimension, period and the time it was closed."""
    rows = connection.execute(
        """
        select dimension, label, since, until, closed_at, note, content, content_hash, reopened_at, reopen_note
        from ledger.chargeback
        order by dimension, since, until, closed_at
        """
    ).fetchall()
    return tuple(
        StoredClosing(
            dimension=row[0],
            label=row[1],
            since=row[2],
            until=row[3],
            closed_at=row[4],
            note=row[5],
            content=row[6],
            content_hash=row[7],
            reopened_at=row[8],
            reopen_note=row[9],
        )
        for row in rows
    )


def add(connection: "Connection", closing: StoredClosing) -> None:
    """Store a closing."""
    connection.execute(
        """
        insert into ledger.chargeback values (
            $dimension, $label, $since, $until, $closed_at, $note, $content, $content_hash, null, null
        )
        """,
        {
            "dimension": closing.dimension,
            "label": closing.label,
            "since": closing.since,
            "until": closing.until,
            "closed_at": closing.closed_at,
            "note": closing.note,
            "content": closing.content,
            "content_hash": closing.content_hash,
        },
    )


def reopen(connection: "Connection", closing: StoredClosing, now: datetime, note: str | None) -> None:
    """Mark a closing in force as reopened; `now` is naive UTC."""
    connection.execute(
        """
        update ledger.chargeback set reopened_at = $now, reopen_note = $note
        where dimension = $dimension and since = $since and until = $until and reopened_at is null
        """,
        {
            "now": now,
            "note": note,
            "dimension": closing.dimension,
            "since": closing.since,
            "until": closing.until,
        },
    )
