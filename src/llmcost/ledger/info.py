"""What a ledger holds, at a glance: `llmcost db info`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from llmcost.ledger import database, migrations
from llmcost.ledger.coverage import Reach, reaches

TABLES = (
    "request",
    "usage_bucket",
    "outcome",
    "reject",
    "conflict",
    "file",
    "ingest",
    "price_list",
    "price_lock",
    "reprice",
    "alert_state",
    "chargeback",
    "gateway_cursor",
    "received_span",
    "tombstone",
    "tombstone_key",
    "forgotten_row",
    "also_in",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerInfo:
    """A ledger's size and contents."""

    path: Path
    """The file itself, links followed."""
    size: int
    """Bytes on disk, without the write-ahead log."""
    schema_version: int
    """The number of its last migration."""
    duckdb_version: str
    """Of the DuckDB that read it, without the leading v."""
    tables: Mapping[str, int]
    """Rows by table."""
    first_request: datetime | None
    """Start of the earliest request, in UTC."""
    last_request: datetime | None
    """Start of the latest request, in UTC."""
    sources: Mapping[str, int]
    """Requests by source, most first."""
    bucket_sources: Mapping[str, int]
    """Usage buckets by source, most first."""
    first_bucket: datetime | None
    """Start of the earliest usage bucket, in UTC."""
    last_bucket: datetime | None
    """End of the latest usage bucket, in UTC, exclusive."""
    files: Mapping[str, int]
    """Files by status: read, partial, unrecognised."""
    pulled: tuple[Reach, ...]
    """How far each stream of a gateway has been read."""
    price_list: str | None
    """Content hash of the price list loaded last."""
    price_list_as_of: str | None
    """The ISO date that list says it is from."""


def info(path: Path, *, wait: float = 5) -> LedgerInfo:
    """Describe the ledger at `path`; raises DataError when it cannot be read."""
    with database.reading(path, wait=wait) as connection:

        def counts(sql: str) -> dict[str, int]:
            return dict(connection.execute(sql).fetchall())

        first, last, duckdb_version = connection.execute(
            "select min(started_at), max(started_at), version() from request"
        ).fetchall()[0]
        first_bucket, last_bucket = connection.execute(
            "select min(bucket_start), max(bucket_end) from usage_bucket"
        ).fetchall()[0]
        prices = connection.execute(
            "select price_list, as_of::varchar from price_list order by loaded_at desc, price_list limit 1"
        ).fetchone()
        target = path.resolve()
        return LedgerInfo(
            path=target,
            size=target.stat().st_size,
            schema_version=migrations.version(migrations.applied_names(connection)),
            duckdb_version=str(duckdb_version).removeprefix("v"),
            tables=counts(" union all ".join(f"select '{table}', count(*) from {table}" for table in TABLES)),
            first_request=_aware(first),
            last_request=_aware(last),
            sources=counts("select source, count(*) from request group by source order by count(*) desc, source"),
            bucket_sources=counts(
                "select source, count(*) from usage_bucket group by source order by count(*) desc, source"
            ),
            first_bucket=_aware(first_bucket),
            last_bucket=_aware(last_bucket),
            files=counts("select status, count(*) from file group by status order by status"),
            pulled=tuple(reaches(connection)),
            price_list=prices[0] if prices else None,
            price_list_as_of=prices[1] if prices else None,
        )


def _aware(instant: datetime | None) -> datetime | None:
    """The ledger stores UTC without saying so."""
    return None if instant is None else instant.replace(tzinfo=UTC)
