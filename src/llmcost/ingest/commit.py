"""The staging table into the ledger, rows and checkpoints in one transaction: all of a batch or nothing."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from llmcost.domain.pulled import Span, Stream
from llmcost.domain.request import COLUMNS
from llmcost.ingest.buckets import BucketCounts, commit_buckets
from llmcost.ingest.contents import numbered, retire
from llmcost.ingest.cut_rows import take_back as take_back_cut
from llmcost.ingest.files import LogFile
from llmcost.ingest.forgotten import redact_fresh, redact_sightings, withdraw
from llmcost.ingest.identity import (
    CONFLICTS,
    KEY_CONTENT,
    PRICED_BY,
    WIDEN_CONFLICTS,
    as_stored,
    merged_select,
    same_call,
    stated,
)
from llmcost.ingest.parted_traces import settle_staged, spans_of
from llmcost.ingest.parts import count_anew
from llmcost.ingest.readings import TAKEN, note_others, take_back
from llmcost.ingest.recording import FileCounts, write_files, write_rejects
from llmcost.ingest.repeats import Tally
from llmcost.ingest.source import Source
from llmcost.ingest.stage import FileOutcome
from llmcost.ingest.staged import SPANS
from llmcost.ledger.coverage import cover
from llmcost.ledger.locks import locked_until
from llmcost.ledger.migrations import transaction
from llmcost.ledger.parts import counts
from llmcost.pricing.price_list import PriceList
from llmcost.pricing.rating import RATED, billed_amount, prepare_rates, rated_select
from llmcost.pricing.runs import keep_prices

if TYPE_CHECKING:
    from llmcost.ledger.database import Connection

_NAMES = ", ".join(column.name for column in COLUMNS)
_RATED = ", ".join(RATED)


def key_rows(connection: "Connection") -> Mapping[int, int]:
    """Give every staged row its key. Returns the ambiguous rows per file."""
    (without,) = connection.execute("select count(*) from stage where row_key is null").fetchone() or (0,)
    if not without:
        return {}
    connection.execute(KEY_CONTENT)
    for (table,) in connection.execute("select distinct stage_table from content_key").fetchall():
        connection.execute(
            f"update {table} set row_key = content_key.row_key from content_key "
            f"where stage_table = '{table}' and {table}.rowid = stage_row"
        )
    return dict(connection.execute("select file_no, count(*) from content_key where twin > 1 group by all").fetchall())


def commit_batch(
    connection: "Connection",
    files: Sequence[LogFile],
    outcomes: Sequence[FileOutcome],
    ambiguous: Mapping[int, int],
    *,
    recognised: Sequence[bool],
    repeats: Tally,
    ingest_id: int,
    price_list: PriceList,
    attribution: Mapping[str, Sequence[str]],
    settings: str,
    sources: Mapping[str, Source],
    covered: Mapping[Stream, Sequence[Span]] = MappingProxyType({}),
    cut: bool = False,
    later: Collection[int] = (),
) -> list[FileCounts]:
    """Write the staged batch into the attached ledger, in one transaction. `repeats` were staged and dropped again.

    `covered` is the time of which everything has been pulled with this batch; `cut` says that rows were remembered to be
    taken back; `later` are the numbers of contents that later batches read in another way than they were.
    """
    numbers = list(range(len(files)))
    with transaction(connection):
        found = numbered(connection, files)
        ids = found.ids
        connection.execute(
            "create or replace temp table batch_file as select unnest($numbers) as file_no, unnest($ids) as file_id",
            {"numbers": numbers, "ids": ids},
        )
        forgets = withdraw(connection)
        revisions = {name: source.revision for name, source in sources.items()}
        kept = take_back(connection, files, found, recognised, settings=settings, revisions=revisions, later=later)
        if cut:
            take_back_cut(connection)
        staged = _staged(connection)
        if _has_spans(connection, staged, sources):
            settle_staged(connection, outcomes, sources)
            staged = _staged(connection)
        connection.execute(
            "create or replace temp table stored_key as "
            "select row_key, file_id from ledger.request where row_key in (select row_key from stage)"
        )
        connection.execute(
            "create or replace temp table touched as select row_key from stage semi join met_again using (row_key) "
            "group by row_key having count(*) > 1 union select row_key from stored_key"
        )
        note_others(connection, found, several=len(files) > 1)
        new = _new_per_file(connection)
        conflicts = _merge(connection, attribution, forgets=forgets)
        # The many before the few: a checkpoint rewrites full row groups that come after a small one.
        _insert_fresh(connection, ingest_id, price_list, attribution if forgets else None)
        if conflicts is not None:
            _insert_merged(connection, ingest_id, price_list)
        buckets = commit_buckets(
            connection,
            found=found,
            ingest_id=ingest_id,
            price_list=price_list,
            attribution=attribution,
        )
        counts = _counts(
            connection,
            staged,
            numbers=numbers,
            ids=ids,
            new=new,
            conflicts=conflicts or {},
            ambiguous=ambiguous,
            repeats=repeats,
            buckets=buckets,
            kept=kept,
        )
        write_rejects(connection, files, ids, outcomes, recognised)
        write_files(
            connection,
            files=files,
            ids=ids,
            outcomes=outcomes,
            counts=counts,
            recognised=recognised,
            ingest_id=ingest_id,
            settings=settings,
            revisions=revisions,
        )
        retire(connection, [before for own, before in found.before.items() if recognised[ids.index(own)]])
        count_anew(connection, files, ids)
        for stream, spans in covered.items():
            cover(connection, stream, spans, ingest_id)
    return counts


def _staged(connection: "Connection") -> list[tuple[int, str, int, int]]:
    """By file and source, how many calls and how many parts of calls are staged."""
    return connection.execute(
        "select file_no, source, count(*) filter (part = 0), count(*) filter (part > 0) from stage "
        "group by all order by all"
    ).fetchall()


def _has_spans(
    connection: "Connection", staged: Sequence[tuple[int, str, int, int]], sources: Mapping[str, Source]
) -> bool:
    spans = spans_of(sources)
    return any(source in spans for _, source, *_ in staged) or _any(connection, SPANS)


def _new_per_file(connection: "Connection") -> dict[int, int]:
    return dict(
        connection.execute(
            """
            select file_no, count(*) from (
                select file_no from stage anti join touched using (row_key)
                union all
                select min(file_no) from stage semi join touched using (row_key) anti join stored_key using (row_key)
                group by row_key
            ) group by file_no
            """
        ).fetchall()
    )


def _new_parts_per_file(connection: "Connection") -> dict[int, int]:
    """Of the new rows, those that are parts of calls; apart, because in most batches there is none to be looked for."""
    return dict(
        connection.execute(
            """
            select file_no, count(*) from (
                select min(file_no) as file_no from stage anti join stored_key using (row_key)
                where part > 0 group by row_key
            ) group by file_no
            """
        ).fetchall()
    )


def _merge(
    connection: "Connection", attribution: Mapping[str, Sequence[str]], *, forgets: bool
) -> dict[int, int] | None:
    """Rows met more than once, or already stored, in `merged`: one row each.

    Returns the conflicts per file, None where no such row brings anything new.
    """
    if not _any(connection, "touched"):
        return None
    # What is taken back and read again is novel if it differs at all, since it is no other sighting of the call.
    again = _any(connection, TAKEN)
    same = " and ".join(as_stored(column.name, "seen", "stored") for column in COLUMNS)
    connection.execute(
        f"""
        create or replace temp table novel as
        select distinct seen.row_key
        from staged_touched as seen
        left join ledger.request as stored using (row_key)
        where stored.row_key is null or not coalesce({same_call("seen", "stored")}, false)
        {f"or (seen.row_key in (select row_key from {TAKEN}) and not coalesce({same}, false))" if again else ""}
        """
    )
    if not _any(connection, "novel"):
        return None
    connection.execute(
        f"""
        create or replace temp table sighting as
        select distinct row_key, {_NAMES}, file_no from staged_touched semi join novel using (row_key)
        """
    )
    connection.execute(
        f"""
        insert into sighting
        select stored.row_key, {", ".join(stated("stored", column.name) for column in COLUMNS)}, null
        from ledger.request as stored semi join sighting on sighting.row_key = stored.row_key
        {f"anti join {TAKEN} as taken on taken.row_key = stored.row_key" if again else ""}
        """
    )
    if forgets:
        redact_sightings(connection, attribution)
    connection.execute(f"create or replace temp table merged as {merged_select('select * from sighting', attribution)}")
    connection.execute(f"create or replace temp table found_conflict as {CONFLICTS}")
    connection.execute(WIDEN_CONFLICTS)
    connection.execute(
        """
        insert into ledger.conflict by name
        select * exclude (file_no) from found_conflict join batch_file using (file_no) anti join ledger.conflict using (row_key)
        """
    )
    same_price = " and ".join(
        f"merged.{name} is not distinct from {stated('stored', name, alias=False)}" for name in PRICED_BY
    )
    connection.execute(
        f"""
        create or replace temp table keeps_price as
        select merged.* exclude (provider, file_no), stored.provider, stored.stated_provider, stored.file_id, {", ".join(f"stored.{n}" for n in _RATED.split(", "))}
        from merged join ledger.request as stored using (row_key)
        where {same_price} and {billed_amount("merged")} is not distinct from {billed_amount("stored")}
        """
    )
    connection.execute(
        """
        create or replace temp table to_rate as
        select merged.* exclude (file_no), merged.provider as stated_provider, coalesce(stored.file_id, batch_file.file_id) as file_id
        from merged
        left join batch_file using (file_no)
        left join (select row_key, file_id from ledger.request) as stored on stored.row_key = merged.row_key
        anti join keeps_price on keeps_price.row_key = merged.row_key
        """
    )
    connection.execute("delete from ledger.request where row_key in (select row_key from merged)")
    return dict(
        connection.execute(
            "select file_no, count(*) from found_conflict where file_no is not null group by all"
        ).fetchall()
    )


def _insert_merged(connection: "Connection", ingest_id: int, price_list: PriceList) -> None:
    """What `_merge` made: a row that would be rated as it was keeps its price, the others are rated."""
    connection.execute(f"insert into ledger.request by name select *, {ingest_id} as ingest_id from keeps_price")
    if _any(connection, "to_rate"):
        _insert_rated(connection, "to_rate", ingest_id, price_list)


def _any(connection: "Connection", relation: str) -> bool:
    """Whether there is a row, which is cheaper to ask than to rate none."""
    return connection.execute(f"select 1 from {relation} limit 1").fetchone() is not None


def rate_unpriced(connection: "Connection", ingest_id: int, price_list: PriceList) -> None:
    """Rate the ledger's unpriced rows again, in one transaction; rows that stay unpriced or are locked stay as they are."""
    with transaction(connection):
        again = "cost_status = 'unpriced' and started_at >= coalesce($lock, timestamp '-infinity')"
        lock = {"lock": locked_until(connection)}
        connection.execute(
            f"create or replace temp table to_rate as "
            f"select row_key, {', '.join(stated('request', column.name) for column in COLUMNS)}, stated_provider, file_id "
            f"from ledger.request as request where {again}",
            lock,
        )
        connection.execute(f"delete from ledger.request where {again}", lock)
        _insert_rated(connection, "to_rate", ingest_id, price_list)


def late_rows(connection: "Connection", until: datetime) -> int:
    """How many calls of the batch just committed are new and began before `until`, naive UTC."""
    (found,) = connection.execute(
        "select count(distinct row_key) from staged anti join stored_key using (row_key) where started_at < $until and part = 0",
        {"until": until},
    ).fetchone() or (0,)
    return int(found)


def _insert_fresh(
    connection: "Connection",
    ingest_id: int,
    price_list: PriceList,
    forgets: Mapping[str, Sequence[str]] | None,
) -> None:
    """Rows met once and never before: most rows of most batches. `forgets` is the attribution where any is redacted."""
    if not _any(connection, "stage anti join touched using (row_key)"):
        return
    (touched,) = connection.execute("select count(*) from touched").fetchone() or (0,)
    anti = "anti join touched using (row_key)" if touched else ""
    connection.execute(
        f"create or replace temp view fresh as select row_key, {_NAMES}, provider as stated_provider, file_id from staged join batch_file using (file_no) {anti}"
    )
    if forgets is not None:
        redact_fresh(connection, forgets)
    # What is left of the name of a fine-tuned model is not in what was staged.
    contexts = "staged_untagged" if forgets is None else None
    _insert_rated(connection, "fresh", ingest_id, price_list, contexts=contexts)


def _insert_rated(
    connection: "Connection", table: str, ingest_id: int, price_list: PriceList, *, contexts: str | None = None
) -> None:
    """Rate and insert; `contexts` is a cheaper table in which every combination that decides a rate can be found."""
    prepare_rates(connection, contexts or table, price_list)
    keep_prices(connection, price_list)
    # Rows have no order of their own; without this the insert runs on one thread. Should it fail, nothing can be set until
    # the transaction is rolled back: the next batch sets it again.
    connection.execute("set preserve_insertion_order = false")
    connection.execute(
        f"insert into ledger.request by name select *, {ingest_id} as ingest_id from ({rated_select(table)})"
    )
    connection.execute("set preserve_insertion_order = true")


def _counts(
    connection: "Connection",
    staged: Sequence[tuple[int, str, int, int]],
    *,
    numbers: Sequence[int],
    ids: Sequence[int],
    new: Mapping[int, int],
    conflicts: Mapping[int, int],
    ambiguous: Mapping[int, int],
    repeats: Tally,
    buckets: Mapping[int, BucketCounts],
    kept: Mapping[int, int],
) -> list[FileCounts]:
    sources: dict[int, dict[str, int]] = {}
    parts: dict[int, int] = {}
    for number, source, calls, apart in (*staged, *((*one, *dropped) for one, dropped in repeats.items())):
        found = sources.setdefault(number, {})
        found[source] = found.get(source, 0) + calls
        parts[number] = parts.get(number, 0) + apart
    new_parts = _new_parts_per_file(connection) if any(parts.values()) else {}
    fresh = {number: rows - new_parts.get(number, 0) for number, rows in new.items()}
    counted = counts(connection, ledger="ledger.request") if any(parts.values()) else "part = 0"
    unpriced = dict(
        connection.execute(
            "select file_id, count(*) from ledger.request semi join batch_file using (file_id) "
            f"where cost_status = 'unpriced' and {counted} group by all"
        ).fetchall()
    )
    none = BucketCounts()
    return [
        FileCounts(
            new=fresh.get(number, 0),
            known=sum(sources.get(number, {}).values()) - fresh.get(number, 0),
            parts=parts.get(number, 0),
            conflicts=conflicts.get(number, 0),
            ambiguous=ambiguous.get(number, 0),
            unpriced=unpriced.get(ids[number], 0) + (held := buckets.get(number, none)).unpriced,
            sources=dict(sorted({**sources.get(number, {}), **held.sources}.items())),
            buckets=held.rows,
            new_buckets=held.new,
            disagreements=held.disagreements,
            kept=kept.get(number, 0),
        )
        for number in numbers
    ]
