"""Lines delivered again as they were: of staged rows that are equal in everything, one is kept."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from llmcost.ingest.staged import BULK
from llmcost.ingest.tagging import INPUTS, KEY

if TYPE_CHECKING:
    from llmcost.ledger.database import Connection

_COLUMNS = "select column_name from duckdb_columns() where table_name = $table"

Tally = Mapping[tuple[int, str], tuple[int, int]]
"""(number of the file in the batch, source) -> calls, and parts of calls."""


def drop_repeats(connection: "Connection") -> Tally:
    """Delete from the bulk table what repeats another of its rows; returns how many rows went, by file and source.

    Merging equal sightings gives the sighting itself, only later. A key that is also met elsewhere is left to the merge.
    The first file to have the row keeps it. The keys that were met more than once are left in the table `met_again`,
    and those of rows that went though they are of another file than the one that was kept in `repeat_elsewhere`.
    """
    connection.execute("create or replace temp table repeat_elsewhere (row_key uuid, file_no integer)")
    connection.execute(
        "create or replace temp table met_again as select row_key, count(*) as sightings from stage "
        "group by row_key having count(*) > 1 and row_key is not null"
    )
    if connection.execute("select 1 from met_again limit 1").fetchone() is None:
        return {}
    columns = {name for (name, *_) in connection.execute(_COLUMNS, {"table": BULK}).fetchall()}
    if not columns:
        return {}
    content = ", ".join(f"'{name}': {name}" for name in ("source", "record", KEY, INPUTS) if name in columns)
    connection.execute(
        f"""
        create or replace temp table repeat as
        select unnest(list_filter(places, lambda place: place <> kept)) as place, first_no
        from (
            select list(place) as places, arg_min(place, file_no) as kept, min(file_no) as first_no
            from (select rowid as place, file_no, row_key, {{{content}}} as content from {BULK})
            join met_again using (row_key)
            group by row_key, sightings
            having count(*) = sightings and count(distinct content) = 1
        )
        """
    )
    tally = connection.execute(
        f"select file_no, source, count(*) filter (record.part = 0), count(*) filter (record.part > 0) from {BULK} "
        "where rowid in (select place from repeat) group by all"
    ).fetchall()
    if tally:
        connection.execute(
            f"insert into repeat_elsewhere select distinct row_key, file_no from {BULK} as bulk "
            "join repeat on place = bulk.rowid where file_no <> first_no"
        )
        connection.execute(f"delete from {BULK} where rowid in (select place from repeat)")
    return {(number, source): (calls, parts) for number, source, calls, parts in tally}
