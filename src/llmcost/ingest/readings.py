"""A content that is read again in another way: what the ledger has of the earlier reading makes room for the later one.

Another mapping, another assumed kind or time, or a source that maps otherwise by now, makes other rows of the same records. The
ledger comes out as if only the latest reading of each content had been made. What another content brought as well stays, if that
is still there to be read again: the ledger keeps, of a row met in several, all of them.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from llmcost.domain.request import COLUMNS
from llmcost.ingest.contents import Numbered, alike, is_of
from llmcost.ingest.files import LogFile
from llmcost.ingest.identity import as_stored
from llmcost.ledger.replaced import REPLACED

if TYPE_CHECKING:
    from llmcost.ledger.database import Connection

TAKEN = "taken_back"
"""Keys of requests and usage buckets that the earlier reading alone brought."""
CUT_FILE = "cut_file"
"""Numbers of the contents that ended amid their last row when they were last read."""


def brought_elsewhere() -> str:
    """SELECT of the keys that a content brought which did not end amid a row."""
    return f"select row_key from ledger.also_in anti join {CUT_FILE} using (file_id)"


def take_back(
    connection: "Connection",
    files: Sequence[LogFile],
    found: Numbered,
    recognised: Sequence[bool],
    *,
    settings: str,
    revisions: Mapping[str, int],
    later: Collection[int],
) -> Mapping[int, int]:
    """Make room in the attached ledger, where the batch is staged and not yet written.

    `later` are the numbers of contents that later batches of the run read in another way as well: of a request that the batch
    brings, what they said makes room now, so that it is not taken for a second sighting.

    A request that the batch brings again stays until it is merged, and buckets until they are written. Returns, by position, of how many rows an earlier reading
    could not be told from that of other files, so that what it said stays beside what is said now.
    """
    connection.execute(f"create or replace temp table {TAKEN} (row_key uuid, file_id integer)")
    owns: dict[int, int] = {}
    left: dict[int, int] = {}
    for number, (own, entries) in enumerate(zip(found.ids, found.entries, strict=True)):
        if not recognised[number] or all(entry.read_as(settings, revisions) for entry in entries):
            continue
        told = {entry.file_id: is_of(files[number], entry) for entry in alike(connection, entries)}
        mixed = _rows(connection, [one for one, same in told.items() if same], mixed=True)
        lost = _rows(connection, [one for one, same in told.items() if same is None])
        if mixed or lost:
            left[number] = mixed + lost
        if not mixed:
            owns |= dict.fromkeys((one for one, same in told.items() if same), own)
    if not owns:
        return left
    connection.execute(
        "create or replace temp table earlier as select unnest($ids) as file_id, unnest($owns) as own_id",
        {"ids": list(owns), "owns": list(owns.values())},
    )
    connection.execute(
        "create or replace temp table read_later as select unnest($later::integer[]) as file_id",
        {"later": sorted(later)},
    )
    for table, key in (("request", "row_key"), ("usage_bucket", "bucket_key")):
        _take_back(connection, table, key, later=bool(later) and table == "request")
    connection.execute("delete from ledger.also_in where file_id in (select file_id from earlier)")
    connection.execute(f"delete from ledger.conflict where row_key in (select row_key from {TAKEN})")
    connection.execute(
        "update ledger.conflict as told set file_id = own_id from earlier where earlier.file_id = told.file_id"
    )
    # Entries of the same content under other names tell of a reading that is not there any more.
    for table in ("reject", "file"):
        connection.execute(
            f"delete from ledger.{table} where file_id in (select file_id from earlier anti join batch_file using (file_id))"
        )
    return left | _kept(connection)


def _take_back(connection: "Connection", table: str, key: str, *, later: bool) -> None:
    makes_room = f"and not (brought.file_id in (from read_later) and held.{key} in (select row_key from stage))"
    connection.execute(
        f"""
        create or replace temp table earlier_row as
        with brought as (
            select {key} as row_key, file_id from ledger.{table}
            where file_id in (select file_id from earlier)
                or {key} in (select row_key from ledger.also_in where file_id in (select file_id from earlier))
            union all
            from ledger.also_in
        )
        select held.{key} as row_key, held.file_id, any_value(own_id) as own_id,
            min(brought.file_id) filter (own_id is null {makes_room if later else ""} and brought.file_id not in (
                select file_id from ledger.file as gone where status = '{REPLACED}' and not exists (
                    select 1 from ledger.file as there
                    where there.status <> '{REPLACED}' and (there.size, there.fingerprint) = (gone.size, gone.fingerprint)
                )
            )) as other
        from ledger.{table} as held
        join brought on brought.row_key = held.{key}
        left join earlier on earlier.file_id = brought.file_id
        group by held.{key}, held.file_id having bool_or(own_id is not null)
        """
    )
    moved = "select row_key, other from earlier_row semi join earlier using (file_id) where other is not null"
    connection.execute(
        f"update ledger.{table} as held set file_id = other from ({moved}) as moved where moved.row_key = held.{key}"
    )
    connection.execute(
        f"delete from ledger.also_in as also using ({moved}) as moved "
        "where moved.row_key = also.row_key and moved.other = also.file_id"
    )
    connection.execute(f"insert into {TAKEN} select row_key, file_id from earlier_row where other is null")
    if table == "usage_bucket":
        return
    if later:
        # Their file is told of it until it is read: should the run end before, nothing of it is lost.
        connection.execute(
            f"insert into ledger.also_in select distinct row_key, file_id from {TAKEN} semi join read_later using (file_id) "
            "semi join stage using (row_key) anti join ledger.also_in using (row_key, file_id)"
        )
    connection.execute(
        f"delete from ledger.request where row_key in (select row_key from {TAKEN}) and row_key not in (select row_key from stage)"
    )
    connection.execute(
        "update ledger.request as held set file_id = now.file_id from ("
        f"select row_key, taken.file_id as was, arg_min(batch_file.file_id, file_no) as file_id from stage "
        f"join {TAKEN} as taken using (row_key) join batch_file using (file_no) group by all"
        ") as now where now.row_key = held.row_key and now.file_id <> was"
    )
    connection.execute(
        "create or replace temp table shared_row as select row_key, own_id from earlier_row where other is not null"
    )


def _rows(connection: "Connection", ids: Sequence[int], *, mixed: bool = False) -> int:
    """How many rows have these numbers; `mixed` counts those of numbers with more rows than their content had.

    Ledgers of older versions have one number for all contents of a path.
    """
    (found,) = connection.execute(
        """
        select coalesce(sum(held), 0) from (
            select count(*) as held, rows as said from ledger.request join ledger.file using (file_id)
            where list_contains($ids, file_id) group by file_id, rows
            union all
            select count(*), coalesce(buckets, 0) from ledger.usage_bucket join ledger.file using (file_id)
            where list_contains($ids, file_id) group by file_id, buckets
        ) where not $mixed or held > said
        """,
        {"ids": list(ids), "mixed": mixed},
    ).fetchone() or (0,)
    return int(found)


def _kept(connection: "Connection") -> dict[int, int]:
    """Rows that another content tells of too, and that are read otherwise now; without an id they come as other rows."""
    if connection.execute("select 1 from shared_row limit 1").fetchone() is None:
        return {}
    same = " and ".join(as_stored(column.name, "seen", "stored") for column in COLUMNS)
    return dict(
        connection.execute(
            f"""
            select file_no, count(distinct row_key) from (
                select file_no, seen.row_key
                from (select * from staged semi join shared_row using (row_key)) as seen
                join ledger.request as stored on stored.row_key = seen.row_key
                where not coalesce({same}, false)
                union all
                select file_no, row_key from shared_row join batch_file on file_id = own_id anti join stage using (row_key)
            ) group by file_no
            """
        ).fetchall()
    )


def note_others(connection: "Connection", found: Numbered, *, several: bool) -> None:
    """Note in the attached ledger which rows of the staged batch other files brought as well; `several` files are in the batch.

    Of the contents of one path the first and the last are enough: a log that is written anew again and again would have as
    many notes of a row as there were readings.
    """
    if found.before:
        connection.execute(
            """
            delete from ledger.also_in where list_contains($before, file_id) and row_key in (select row_key from stage)
            and (row_key, file_id) in (
                select held.row_key, now.file_id
                from (from ledger.also_in union all from stored_key) as held
                join ledger.file as was on was.file_id = held.file_id and was.status = 'replaced'
                join ledger.file as now on now.path = was.path and list_contains($before, now.file_id)
            )
            """,
            {"before": list(found.before.values())},
        )
    elsewhere = "select 1 from stored_key where file_id is distinct from $only limit 1"
    if not several and connection.execute(elsewhere, {"only": found.ids[0]}).fetchone() is None:
        return
    connection.execute(
        """
        create or replace temp table brought as
        select row_key, file_no from stage semi join touched using (row_key)
        union select row_key, file_no from repeat_elsewhere
        """
    )
    connection.execute(
        """
        insert into ledger.also_in
        select distinct row_key, file_id from (
            select row_key, batch_file.file_id from brought join stored_key using (row_key) join batch_file using (file_no)
            where stored_key.file_id is distinct from batch_file.file_id
            union all
            select row_key, file_id from (
                select row_key, file_no, min(file_no) over (partition by row_key) as first_no
                from (from brought union select row_key, file_no from stage semi join repeat_elsewhere using (row_key))
                anti join stored_key using (row_key)
            ) join batch_file using (file_no) where file_no > first_no
        ) anti join ledger.also_in using (row_key, file_id)
        """
    )


def note_other_buckets(connection: "Connection", found: Numbered) -> None:
    """The same of usage buckets, once they are written; `bucket_before` has the file each was of."""
    connection.execute(
        """
        insert into ledger.also_in
        select distinct bucket_key, told.file_id from (
            select bucket_key, file_id from bucket_staged join batch_file using (file_no)
            union all select bucket_key, file_id from bucket_before where not list_contains($before, file_id)
        ) as told
        join ledger.usage_bucket as held using (bucket_key)
        anti join ledger.also_in as known on known.row_key = bucket_key and known.file_id = told.file_id
        where told.file_id <> held.file_id
        """,
        {"before": list(found.before.values())},
    )
    connection.execute(
        "delete from ledger.also_in as also using ledger.usage_bucket as held "
        "where held.bucket_key = also.row_key and held.file_id = also.file_id"
    )
