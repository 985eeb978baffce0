"""Contents that were read and whose path holds another one now."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

REPLACED = "replaced"
"""Status of an entry of the table `file` whose path holds another content now."""


def forget_mended(connection: "DuckDBPyConnection") -> None:
    """Delete from the attached ledger the rejects of contents that were written anew, such as a log that was put right.

    What is there now has all of its calls then, or, where it had none, as many lines. Of a log that was rotated, or that slid
    on, something is not there any more, and what could not be read of it is missing still.
    """
    if connection.execute(_ANY).fetchone() is None:
        return
    connection.execute(
        f"""
        delete from ledger.reject where file_id in (
            with standing as (
                select replaced.file_id as was, twin.file_id as now,
                    replaced.rows + coalesce(replaced.buckets, 0) > 0 or replaced.lines = own.lines as may_be_mended
                from ledger.file as replaced
                join ledger.file as own on own.path = replaced.path and own.status <> '{REPLACED}'
                join ledger.file as twin on twin.size = own.size and twin.fingerprint = own.fingerprint
                where replaced.status = '{REPLACED}'
            ),
            brought as (
                select row_key, file_id
                from (
                    select row_key, file_id from ledger.request
                    union all select bucket_key, file_id from ledger.usage_bucket
                    union all from ledger.also_in
                )
                where file_id in (select was from standing union all select now from standing)
            ),
            there as (select was, row_key from standing join brought on file_id = now)
            select was from standing where may_be_mended and was not in (
                select file_id from brought anti join there on there.was = file_id and there.row_key = brought.row_key
                where file_id in (select was from standing)
            )
        )
        """
    )


_ANY = f"select 1 from ledger.reject join ledger.file using (file_id) where status = '{REPLACED}' limit 1"
