"""How the tables of another ledger come into ours, all but requests and aggregates: each by what makes two of its rows the same.

Every rule gives the same rows whichever of the two ledgers the other is merged into, and nothing new the second time.
"""

from typing import TYPE_CHECKING

from llmcost.ledger.closings import is_closed
from llmcost.ledger.redaction import MASK
from llmcost.ledger.replaced import forget_mended

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection

_INGESTS = """
create or replace temp table ingest_map as
select theirs.ingest_id as theirs,
    coalesce(ours.ingest_id, $last + row_number() over (partition by ours.ingest_id is null order by theirs.ingest_id)) as ours,
    ours.ingest_id is null as is_new
from {other}.ingest as theirs
left join (select min(ingest_id) as ingest_id, started_at, llmcost_version, price_list, arguments from ledger.ingest group by all) as ours
    on theirs.started_at = ours.started_at and theirs.llmcost_version = ours.llmcost_version
    and theirs.price_list is not distinct from ours.price_list and theirs.arguments = ours.arguments
"""
# Of two readings of one path the later says what is there; told by what was read, so that the order of merging is nothing.
_LOOKS = ("mtime_ns", "size", "lines", "rows", "rejects")
_MORE_LOOKS = ("fingerprint", "settings", "revisions")


def _look(row: str) -> str:
    """SQL for what a file looked like when it was read; the greater is taken for the later."""
    numbers = (f"lpad({row}.{name}::varchar, 20, '0')" for name in _LOOKS)
    return f"[{', '.join([*numbers, *(f'{row}.{name}' for name in _MORE_LOOKS)])}]"


# One content of one path is one file, and so is all that came from one address. Of a content that was read in two ways both
# readings have their entry, since the rows of both are there.
_FILES = f"""
create or replace temp table file_map as
select theirs.file_id as theirs,
    coalesce(ours.file_id, $last + row_number() over (
        partition by ours.file_id is null order by theirs.path, theirs.size, theirs.fingerprint, theirs.settings
    )) as ours,
    ours.file_id is null or {_look("theirs")} > {_look("ours")} as is_later,
    ours.file_id is not null and {_look("theirs")} = {_look("ours")} as is_same,
    case when theirs.status = 'replaced' then ours.status else theirs.status end as standing
from {{other}}.file as theirs
left join (
    select distinct on (path, size, fingerprint, settings) * from ledger.file order by path, size, fingerprint, settings, file_id
) as ours
    on theirs.path = ours.path and theirs.fingerprint = ours.fingerprint
    and (theirs.fingerprint = '' or (theirs.size = ours.size and theirs.settings = ours.settings))
"""
_BEFORE = """
create or replace temp table ours_before as
select row_key, file_id from ledger.request where row_key in (select row_key from {other}.request)
union all
select bucket_key, file_id from ledger.usage_bucket where bucket_key in (select bucket_key from {other}.usage_bucket)
"""

_STATEMENTS = (
    # Files that were read later over there, with what could not be read of them.
    "delete from ledger.reject where file_id in (select ours from file_map where is_later)",
    "delete from ledger.file where file_id in (select ours from file_map where is_later)",
    """
    insert into ledger.file by name
    select theirs.* replace (file_map.ours as file_id, coalesce(ingest_map.ours, theirs.ingest_id) as ingest_id)
    from {other}.file as theirs
    join file_map on file_map.theirs = theirs.file_id and is_later
    left join ingest_map on ingest_map.theirs = theirs.ingest_id
    """,
    """
    insert into ledger.reject by name
    select theirs.* replace (file_map.ours as file_id)
    from {other}.reject as theirs join file_map on file_map.theirs = theirs.file_id and is_later
    """,
    # The same reading, perhaps by two versions of llmcost.
    """
    insert into ledger.reject by name
    select theirs.* replace (file_map.ours as file_id)
    from {other}.reject as theirs join file_map on file_map.theirs = theirs.file_id and is_same
    where not exists (
        select 1 from ledger.reject as ours
        where ours.file_id = file_map.ours and ours.line = theirs.line and ours.reason = theirs.reason
            and ours.line_hash = theirs.line_hash
    )
    """,
    # Of two contents of one path the one that was read later says what is there.
    """
    update ledger.file set status = standing from file_map
    where file_map.ours = ledger.file.file_id and ledger.file.status = 'replaced' and standing is not null
    """,
    f"""
    update ledger.file set status = 'replaced' where file_id in (
        select file_id from ledger.file where status <> 'replaced'
        qualify row_number() over (partition by path order by {_look("file")} desc, file_id) > 1
    )
    """,
    # What either has of a row that both have.
    """
    insert into ledger.also_in
    select distinct told.row_key, told.file_id from (
        from ours_before
        union all
        select row_key, file_map.ours from {other}.request join file_map on file_map.theirs = file_id semi join ours_before using (row_key)
        union all
        select bucket_key, file_map.ours from {other}.usage_bucket join file_map on file_map.theirs = file_id
        union all
        select row_key, file_map.ours from {other}.also_in join file_map on file_map.theirs = file_id
    ) as told (row_key, file_id)
    join (
        select row_key, file_id from ledger.request union all select bucket_key, file_id from ledger.usage_bucket
    ) as held on held.row_key = told.row_key
    anti join ledger.also_in as known on known.row_key = told.row_key and known.file_id = told.file_id
    where told.file_id is not null and told.file_id is distinct from held.file_id
    """,
    """
    update ledger.conflict as ours
    set kept_tokens = greatest(ours.kept_tokens, theirs.kept_tokens), other_tokens = least(ours.other_tokens, theirs.other_tokens)
    from {other}.conflict as theirs where ours.row_key = theirs.row_key
    """,
    """
    insert into ledger.conflict by name
    select theirs.* replace (coalesce(file_map.ours, 0) as file_id)
    from {other}.conflict as theirs left join file_map on file_map.theirs = theirs.file_id
    anti join ledger.conflict using (row_key)
    """,
    # Of two values of one outcome the one that was read later.
    """
    create or replace temp table merged_outcome as
    select * exclude (read_at) from (
        select ours.*, run.started_at as read_at
        from ledger.outcome as ours left join ledger.ingest as run using (ingest_id)
        where outcome_key in (select outcome_key from {other}.outcome)
        union all by name
        select theirs.* replace (coalesce(ingest_map.ours, theirs.ingest_id) as ingest_id), run.started_at as read_at
        from {other}.outcome as theirs
        left join {other}.ingest as run on run.ingest_id = theirs.ingest_id
        left join ingest_map on ingest_map.theirs = theirs.ingest_id
    )
    qualify row_number() over (partition by outcome_key order by read_at desc nulls last, value desc) = 1
    """,
    "delete from ledger.outcome where outcome_key in (select outcome_key from merged_outcome)",
    "insert into ledger.outcome by name from merged_outcome",
    # Told by either is told.
    """
    create or replace temp table merged_alert as
    select rule, subject, window_start, channel, max(level) as level, max(delivered_at) as delivered_at
    from (from ledger.alert_state union all by name from {other}.alert_state)
    group by all
    """,
    "delete from ledger.alert_state",
    "insert into ledger.alert_state by name from merged_alert",
    """
    create or replace temp table merged_lock as
    select locked_until, note, created_at, min(cleared_at) as cleared_at
    from (from ledger.price_lock union all by name from {other}.price_lock) group by all
    """,
    "delete from ledger.price_lock",
    "insert into ledger.price_lock by name from merged_lock",
    """
    insert into ledger.reprice by name
    select theirs.* replace (ingest_map.ours as ingest_id)
    from {other}.reprice as theirs join ingest_map on ingest_map.theirs = theirs.ingest_id
    where ingest_map.ours not in (select ingest_id from ledger.reprice)
    """,
    """
    create or replace temp table merged_chargeback as
    select dimension, label, since, until, closed_at, content, content_hash, min(note) as note,
        min(reopened_at) as reopened_at, min(reopen_note) as reopen_note
    from (from ledger.chargeback union all by name from {other}.chargeback) group by all
    """,
    "delete from ledger.chargeback",
    "insert into ledger.chargeback by name from merged_chargeback order by closed_at, dimension, label",
    # Spans that overlap or touch become one.
    """
    create or replace temp table merged_cursor as
    with spans as (
        select gateway, url, stream, since, until, ingest_id from ledger.gateway_cursor
        union all
        select gateway, url, stream, since, until, coalesce(ingest_map.ours, ingest_id)
        from {other}.gateway_cursor left join ingest_map on ingest_map.theirs = ingest_id
    ),
    reached as (
        select *, max(until) over (
            partition by gateway, url, stream order by since, until rows between unbounded preceding and 1 preceding
        ) as before
        from spans
    ),
    islands as (
        select *, sum(case when before is null or since > before then 1 else 0 end) over (
            partition by gateway, url, stream order by since, until rows between unbounded preceding and current row
        ) as island
        from reached
    )
    select gateway, url, stream, min(since) as since, max(until) as until, max(ingest_id) as ingest_id
    from islands group by gateway, url, stream, island
    """,
    "delete from ledger.gateway_cursor",
    "insert into ledger.gateway_cursor by name from merged_cursor",
    """
    insert into ledger.received_span by name
    select theirs.* from {other}.received_span as theirs anti join ledger.received_span using (trace_id, span_id)
    """,
)

MERGED_TABLES = frozenset(
    {
        *("ingest", "file", "also_in", "reject", "conflict", "outcome", "alert_state", "price_lock", "reprice"),
        *("chargeback", "gateway_cursor", "received_span", "tombstone_key", "tombstone", "forgotten_row"),
    }
)
"""Tables with a rule here; requests, aggregates and price lists have theirs where they are understood."""

_MASKED = f"(customer_id = '{MASK}' or user_id = '{MASK}')"
_TOMBSTONES = (
    "insert into ledger.tombstone_key select key from {other}.tombstone_key where key not in (select key from ledger.tombstone_key)",
    """
    create or replace temp table merged_tombstone as
    select mac, kind, bool_or(deleted) as deleted, min(created_at) as created_at, max(requests) as requests, max(cost) as cost
    from (from ledger.tombstone union all by name from {other}.tombstone) group by all
    """,
    "delete from ledger.tombstone",
    "insert into ledger.tombstone by name from merged_tombstone",
    """
    insert into ledger.forgotten_row
    select row_key from {other}.forgotten_row where row_key not in (select row_key from ledger.forgotten_row)
    """,
    # What one of them has kept for a closed period, without who it was for, stays.
    f"""
    delete from ledger.forgotten_row where row_key in (
        select row_key from ledger.request where {_MASKED} and {is_closed("request")}
        union all
        select row_key from {{other}}.request where {_MASKED} and {is_closed("request", "{other}")}
    )
    """,
    "delete from ledger.request where row_key in (select row_key from ledger.forgotten_row)",
)


def merge_tombstones(connection: "Connection", other: str) -> None:
    """What either has forgotten is forgotten, before any request comes in."""
    for statement in _TOMBSTONES:
        connection.execute(statement.replace("{other}", other))
    forget_mended(connection)


def map_runs_and_files(connection: "Connection", other: str) -> None:
    """Which of our runs and files theirs are, or will be: the temporary tables `ingest_map` and `file_map`.

    `ours_before` has the rows of both with the files ours are of. New runs are written already, so that what refers to them may follow.
    """
    (last,) = connection.execute("select coalesce(max(ingest_id), 0) from ledger.ingest").fetchone() or (0,)
    connection.execute(_INGESTS.replace("{other}", other), {"last": last})
    connection.execute(
        f"""
        insert into ledger.ingest by name
        select theirs.* replace (ingest_map.ours as ingest_id)
        from {other}.ingest as theirs join ingest_map on ingest_map.theirs = theirs.ingest_id and is_new
        order by ingest_map.ours
        """
    )
    (last,) = connection.execute("select coalesce(max(file_id), 0) from ledger.file").fetchone() or (0,)
    connection.execute(_FILES.replace("{other}", other), {"last": last})
    connection.execute(_BEFORE.replace("{other}", other))


def merge_tables(connection: "Connection", other: str) -> None:
    """Everything but requests, aggregates and price lists, after `map_runs_and_files`."""
    for statement in _STATEMENTS:
        connection.execute(statement.replace("{other}", other))
    forget_mended(connection)
