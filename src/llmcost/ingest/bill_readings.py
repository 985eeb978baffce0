"""Where two files of one run tell of one span of a bill differently: a bill delivered in parts looks like two readings of it.

The lines of one file are added up; of two files the larger holds, because most often one is a later delivery of the other.
Which of the two they are stands in neither, so that a person has to be told.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection

_SPAN = "source, issuer, scope, bucket_start, bucket_end"


def disagreements(connection: "Connection", bills: Sequence[str], ingest_id: int) -> dict[int, int]:
    """By file of the batch, the spans of `bills` that it tells differently from another file of the run.

    That is a bucket with another amount, or lines broken down otherwise. Earlier batches of the run are in the ledger.
    """
    columns = (
        f"{_SPAN}, bucket_key, coalesce(breakdown, '') as detail, coalesce(billed_cost, reported_cost, 0) as amount"
    )
    return dict(
        connection.execute(
            f"""
            with reading as (
                select {columns}, file_no from bucket_staged where list_contains($bills, source)
                union all by name
                select {columns}, null as file_no from ledger.usage_bucket
                where ingest_id = $run and list_contains($bills, source)
                    and file_id not in (select file_id from batch_file)
            ),
            differing as (
                select {_SPAN} from reading group by {_SPAN} having count(distinct detail) > 1
                union
                select {_SPAN} from reading group by {_SPAN}, bucket_key having count(distinct amount) > 1
            )
            select file_no, count(*)
            from (select distinct {_SPAN}, file_no from reading where file_no is not null)
            where ({_SPAN}) in (select ({_SPAN}) from differing)
            group by file_no
            """,
            {"bills": list(bills), "run": ingest_id},
        ).fetchall()
    )
