"""When usage buckets begin and end: an exporter's day, a day in UTC, is taken for the same day of the zone it is read in."""

from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from llmcost.ledger.timezones import Offsets, is_fixed, offsets

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def exported_offsets(connection: "DuckDBPyConnection", zone: tzinfo) -> Offsets:
    """The offsets of the zone wherever the ledger has usage buckets."""
    return offsets(() if is_fixed(zone) else _months(connection), zone)


def exported_time(connection: "DuckDBPyConnection", zone: tzinfo, column: str) -> str:
    """SQL for `bucket_start` or `bucket_end`, as `column` says, in UTC: that of a whole day is midnight in the zone."""
    midnight = exported_offsets(connection, zone).instant(column)
    return f"case when bucket_end >= bucket_start + interval 1 day then {midnight} else {column} end"


def _months(connection: "DuckDBPyConnection") -> list[datetime]:
    """The months, in UTC, that a bucket falls in, in whatever zone."""
    rows = connection.execute(
        """
        select distinct date_trunc('month', edge) as month
        from (
            select unnest([bucket_start - interval 1 day, bucket_start, bucket_end]) as edge from usage_bucket
        )
        order by month
        """
    ).fetchall()
    return [datetime(value.year, value.month, 1) for (value,) in rows]  # noqa: DTZ001  the ledger's naive UTC
