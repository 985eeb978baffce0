"""What an API gave out, or an exporter sent, part by part and some of it again, is one entry in the ledger that counts everything once."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from llmcost.ingest.files import LogFile
from llmcost.ingest.rejected import REJECTS

if TYPE_CHECKING:
    from llmcost.ledger.database import Connection


def forget_rejects(connection: "Connection", files: Sequence[LogFile], ids: Sequence[int]) -> None:
    """Make room for the staged rejects of parts that are met again; the others stand."""
    for number, (file, file_id) in enumerate(zip(files, ids, strict=True)):
        if file.grows:
            connection.execute(
                "delete from ledger.reject where file_id = $file_id "
                f"and line_hash in (select line_hash from {REJECTS} where file_no = $number)",
                {"file_id": file_id, "number": number},
            )


def count_anew(connection: "Connection", files: Sequence[LogFile], ids: Sequence[int]) -> None:
    """Make the entries of parts, just written for a batch, say what the ledger holds of all parts together."""
    for file, file_id in zip(files, ids, strict=True):
        if not file.grows:
            continue
        found = [
            connection.execute(
                f"select source, count(*) filter ({part} = 0), count(*) filter ({part} > 0) from ledger.{table} "
                "where file_id = $number group by all order by all",
                {"number": file_id},
            ).fetchall()
            for table, part in (("request", "part"), ("usage_bucket", "0"))
        ]
        requests, buckets = found
        connection.execute(
            "update ledger.file set rows = $rows, parts = $parts, buckets = $buckets, sources = $sources, "
            "rejects = (select count(*) from ledger.reject where file_id = $number), "
            "conflicts = (select count(*) from ledger.conflict where file_id = $number) where file_id = $number",
            {
                "number": file_id,
                "rows": sum(calls + parts for _, calls, parts in requests),
                "parts": sum(parts for _, _, parts in requests),
                "buckets": sum(count for _, count, _ in buckets),
                "sources": json.dumps({source: count for source, count, _ in (*requests, *buckets)}),
            },
        )
