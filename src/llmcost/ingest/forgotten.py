"""What was forgotten, kept out of a batch: rows that were deleted, and whom the others were for."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from llmcost.ingest.staged import BULK, REST
from llmcost.ledger.tombstones import find, is_needed, take_out

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection

Attribution = Mapping[str, Sequence[str]]


def withdraw(connection: "Connection") -> bool:
    """Drop staged rows of those whose requests were deleted; whether any row that stays is to be redacted."""
    if not is_needed(connection) or not find(connection, "staged", "row_key"):
        return False
    connection.execute(
        """
        insert into ledger.forgotten_row
        select row_key from forgotten_key where deleted and row_key not in (select row_key from ledger.forgotten_row)
        """
    )
    tables = connection.execute("select table_name from duckdb_tables() where temporary").fetchall()
    for table in (BULK, REST):
        if (table,) in tables:
            connection.execute(
                f"delete from {table} where row_key in (select row_key from forgotten_key where deleted)"
            )
    return True


def redact_sightings(connection: "Connection", attribution: Attribution) -> None:
    """Rows met more than once, in the table `sighting`, before they are merged."""
    take_out(connection, "sighting", "row_key", attribution)


def redact_fresh(connection: "Connection", attribution: Attribution) -> None:
    """Rows met once, in the view `fresh`, which becomes a view of what is left of them."""
    connection.execute("create or replace temp table fresh_redacted as from fresh")
    take_out(connection, "fresh_redacted", "row_key", attribution)
    connection.execute("create or replace temp view fresh as from fresh_redacted")


def redact_buckets(connection: "Connection", attribution: Attribution) -> None:
    """Aggregates, in the table `bucket_chosen`."""
    if is_needed(connection) and find(connection, "bucket_chosen", "bucket_key"):
        connection.execute(
            "delete from bucket_chosen where bucket_key in (select row_key from forgotten_key where deleted)"
        )
        take_out(connection, "bucket_chosen", "bucket_key", attribution)
