"""Usage buckets out of the ledger as files, every reading of them, each saying whether reports count it."""

from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from llmcost.domain.bucket import BUCKET_DIMENSIONS
from llmcost.domain.period import Period
from llmcost.domain.request import QUANTITIES
from llmcost.ledger.composition import Query
from llmcost.ledger.conversion import MONEY
from llmcost.ledger.exported_days import exported_time
from llmcost.ledger.exports import FileFormat, formatted, write_file
from llmcost.ledger.exports_basis import counted_table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_DECIMALS = {"audio_seconds", "video_seconds"}


def export_buckets(
    connection: "DuckDBPyConnection", period: Period, zone: tzinfo, path: Path, file_format: FileFormat
) -> int:
    """Write every bucket that begins in the period to `path`, its days being days in `zone`; returns how many.

    `counted` says what reports take of a bucket: `usage`, `cost`, `both` or, where another reading of the same traffic is
    taken, `none`. Ordered by start and key, so that the same ledger gives the same bytes.
    """
    query = Query()
    counts = " or ".join(f"counted.{name} is not null" for name in ("requests", *QUANTITIES))
    columns = [
        "source",
        "{timestamp:bucket_start} as bucket_start",
        "{timestamp:bucket_end} as bucket_end",
        "exporter",
        "scope",
        "breakdown",
        "model",
        *(name for name in BUCKET_DIMENSIONS if name != "reported_by"),
        "{tags:tags} as tags",
        "requests",
        *(f"{{amount:{name}}} as {name}" if name in _DECIMALS else name for name in QUANTITIES),
        *(f"{{amount:{name}}} as {name}" for name in (*MONEY, "reported_cost")),
        "cost_status",
        "cost_reason",
        "reported_currency",
        "reported_by",
        "price_id",
        "match_kind",
        "counted",
    ]
    statement = f"""
        select {", ".join(columns)}
        from (
            select bucket.*, {exported_time(connection, zone, "bucket_start")} as started_at,
                case
                    when counted.bucket_key is null then 'none'
                    when counted.cost is null then 'usage'
                    when {counts} then 'both'
                    else 'cost'
                end as counted
            from usage_bucket as bucket
            left join (select * exclude (bucket_start, bucket_end) from {counted_table(connection)}) as counted using (bucket_key)
        )
        where {query.within(period)}
        order by bucket_start, bucket_key
    """
    return write_file(connection, formatted(statement, file_format), query.parameters, path, file_format)
