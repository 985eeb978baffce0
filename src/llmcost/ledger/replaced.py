"""Contents that were read and whose path holds another one now."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

REPLACED = "replaced"
"""Status of an entry of the table `file` whose path holds another content now."""


def forget_mended(connection: "DuckDBPyConnection") -> None:
    """Delete from the attached ledger the rejects of contents that were written anew, such as a log that was put right.

    What is there now has some of its calls then. A log that was rotated has none of them, and what could not be read of it is
    missing still.
    """
    if connection.execute(_ANY).fetchone() is None:
        return
    connection.execute(
        f"""
        delete from ledger.reject where file_id in (
            with replaced as (select file_id, path from ledger.file where status = '{REPLACED}'),
            standing as (
                select replaced.file_id as was, twin.file_id as now
                from replaced
                join ledger.file as own on own.path = replaced.path and own.status <> '{REPLACED}'
                join ledger.file as twin on twin.size = own.size and twin.fingerprint = own.fingerprint
            ),
            brought as (
                select row_key, file_id
                from (
                    select row_key, file_id from ledger.request
                    union all select bucket_key, file_id from ledger.usage_bucket
                    union all from ledger.also_in
                )
                where file_id in (select was from standing union all select now from standing)
            )
            select file_id from replaced
            where file_id not in (select file_id from brought)
                or file_id in (
                    select was from standing join brought as old on old.file_id = was
                    join brought as new on new.file_id = now and new.row_key = old.row_key
                )
        )
        """
    )


_ANY = f"select 1 from ledger.reject join ledger.file using (file_id) where status = '{REPLACED}' limit 1"
