"""Closed periods: until when the cost of stored calls stays as it is."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """One lock, in force or lifted. Times are the ledger's: naive UTC."""

    until: datetime
    """Exclusive: calls that began before are locked."""
    note: str | None
    created_at: datetime
    cleared_at: datetime | None
    """None: in force."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Locked rows that were rated again all the same."""

    at: datetime
    until: datetime
    """The lock that was overridden."""
    rows: int


def locked_until(connection: "Connection") -> datetime | None:
    """The end of the locked time, naive UTC: the latest lock in force; None without one."""
    found = connection.execute("select max(locked_until) from ledger.price_lock where cleared_at is null").fetchone()
    return found[0] if found else None


def locks(connection: "Connection") -> tuple[Lock, ...]:
    """Every lock there ever was, latest end first."""
    rows = connection.execute(
        "select locked_until, note, created_at, cleared_at from ledger.price_lock order by locked_until desc, created_at desc"
    ).fetchall()
    return tuple(Lock(until=row[0], note=row[1], created_at=row[2], cleared_at=row[3]) for row in rows)


def overrides(connection: "Connection") -> tuple[Override, ...]:
    """Every time a lock was overridden, latest first."""
    rows = connection.execute(
        """
        select ingest.started_at, reprice.locked_until, reprice.locked_changed
        from ledger.reprice as reprice join ledger.ingest as ingest using (ingest_id)
        where reprice.locked_changed > 0
        order by ingest.started_at desc, ingest_id desc
        """
    ).fetchall()
    return tuple(Override(at=row[0], until=row[1], rows=row[2]) for row in rows)


def add(connection: "Connection", until: datetime, note: str | None, now: datetime) -> None:
    """Lock what began before `until`; both times naive UTC. A lock in force with the same end keeps its date."""
    connection.execute(
        """
        insert into ledger.price_lock select $until, $note, $now, null
        where not exists (select 1 from ledger.price_lock where locked_until = $until and cleared_at is null)
        """,
        {"until": until, "note": note, "now": now},
    )


def clear(connection: "Connection", until: datetime, now: datetime) -> bool:
    """Lift the lock with that end; False when there is none in force."""
    cleared = connection.execute(
        "update ledger.price_lock set cleared_at = $now where locked_until = $until and cleared_at is null returning 1",
        {"until": until, "now": now},
    ).fetchall()
    return bool(cleared)
