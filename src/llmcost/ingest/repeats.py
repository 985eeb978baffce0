"""Lines delivered again as they were: of staged rows that are equal in everything, one is kept."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from llmcost.ingest.staged import BULK

if TYPE_CHECKING:
    from llmcost.ledger.database import Connection

Tally = Mapping[tuple[int, str], tuple[int, int]]
"""(number of the file in the batch, source) -> calls, and parts of calls."""


def drop_repeats(connection: "Connection") -> Tally:
    """Delete from the bulk table what repeats another of its rows; returns how many rows went, by file and source.

    Merging equal sightings gives the sighting itself, only later. A key that is also met elsewhere is left to the merge.
    The first file to have the row keeps it.
    """
    connection.execute(
        "create or replace temp table met_again as select row_key, count(*) as sightings from stage "
        "group by row_key having count(*) > 1 and row_key is not null"
    )
    if connection.execute("select 1 from met_again limit 1").fetchone() is None:
        return {}
    (there,) = connection.execute(
        "select count(*) from duckdb_tables() where table_name = $name", {"name": BULK}
    ).fetchone() or (0,)
    if not there:
        return {}
    connection.execute(
        f"""
        create or replace temp table repeat as
        select unnest(list_filter(places, lambda place: place <> kept)) as place
        from (
            select list(place) as places, arg_min(place, file_no) as kept
            from (select rowid as place, file_no, row_key, source, record from {BULK})
            join met_again using (row_key)
            group by row_key, sightings
            having count(*) = sightings and count(distinct {{'source': source, 'record': record}}) = 1
        )
        """
    )
    tally = connection.execute(
        f"select file_no, source, count(*) filter (record.part = 0), count(*) filter (record.part > 0) from {BULK} "
        "where rowid in (select place from repeat) group by all"
    ).fetchall()
    if tally:
        connection.execute(f"delete from {BULK} where rowid in (select place from repeat)")
    return {(number, source): (calls, parts) for number, source, calls, parts in tally}
