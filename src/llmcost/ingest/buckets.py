"""Staged aggregates into the ledger: each span and breakdown once, the fullest reading of it.

A bucket is known by its source, issuer, span, scope, breakdown and dimensions. Rows of one file that share all of it are lines
of one export and add up, unless they are of two statements (see `domain.bucket`). Of two files, as of two statements, the
larger reading holds: more tokens and units, then a larger bill, a larger claim, more requests, then byte order. That does not
depend on the order of arrival, and a day that is still growing is replaced by its later export. The breakdown is what the
export says it is, else the dimensions that any row of the span has: an export by model and one by model and key are two
readings of one traffic, and are kept apart so that a report can choose one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from llmcost.domain.bucket import BUCKET_COLUMNS, BUCKET_DIMENSIONS, BUCKET_SUMS
from llmcost.domain.request import QUANTITIES, WHO
from llmcost.ingest.bucket_readings import disagreements
from llmcost.ingest.forgotten import redact_buckets
from llmcost.ingest.readings import CUT_FILE, TAKEN, brought_elsewhere, note_other_buckets
from llmcost.ingest.staged import BUCKETS
from llmcost.ledger.identifiers import quote_literal
from llmcost.ledger.locks import locked_until
from llmcost.ledger.migrations import transaction
from llmcost.pricing.bucket_rating import STORED, rated_buckets, stated_buckets
from llmcost.pricing.runs import keep_prices

if TYPE_CHECKING:
    from llmcost.ingest.contents import Numbered
    from llmcost.ledger.connection import Connection
    from llmcost.pricing.price_list import PriceList

_SPAN = ("bucket_start", "bucket_end")
# What tags fill follows from the tags by rules that may change; what the export itself says is in `stated_who`.
_OWN = (*(name for name in BUCKET_DIMENSIONS if name not in WHO), "api_key_id", "session_id", "stated_who", "tags")
_KEYED = ("source", "issuer", *_SPAN, "scope", "breakdown", *_OWN)
_AS_KEY = {
    "reported_by": "case when reported_currency <> 'USD' then concat(reported_by, ' ', reported_currency) else reported_by end"
}
"""Euros and pounds are no sum."""
_BROKEN_DOWN = tuple(
    name for name in (*BUCKET_DIMENSIONS, "tags") if name not in {"operation", "charge_basis", "reported_by"}
)
RANK = f"""{{
    'size': {" + ".join(f"coalesce({name}, 0)" for name in QUANTITIES)},
    'billed': coalesce(billed_cost, 0),
    'claimed': coalesce(reported_cost, 0),
    'requests': coalesce(requests, 0),
    'bytes': {{{", ".join(f"'{name}': {name}" for name in BUCKET_SUMS)}}}::varchar
}}"""
"""SQL: which of two readings of one bucket holds, the greater."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketCounts:
    """What one file brought, in buckets."""

    rows: int = 0
    """Different buckets."""
    new: int = 0
    unpriced: int = 0
    sources: Mapping[str, int] = field(default_factory=dict)
    disagreements: int = 0
    """Spans that another file of the run tells differently."""


def commit_buckets(
    connection: "Connection",
    *,
    found: "Numbered",
    ingest_id: int,
    price_list: "PriceList",
    attribution: Mapping[str, Sequence[str]],
) -> dict[int, BucketCounts]:
    """Write the staged buckets into the attached ledger, inside the caller's transaction; `batch_file` numbers the files.

    Returns what each file of the batch that has any brought.
    """
    taken = connection.execute(f"select 1 from {TAKEN} limit 1").fetchone() is not None
    if connection.execute(f"select 1 from {BUCKETS} limit 1").fetchone() is None:
        if taken:
            connection.execute(f"delete from ledger.usage_bucket where bucket_key in (select row_key from {TAKEN})")
        return {}
    _stage(connection)
    if taken:
        _make_room(connection)
    connection.execute(
        "create or replace temp table bucket_before as "
        "select bucket_key, file_id from ledger.usage_bucket semi join bucket_staged using (bucket_key)"
    )
    disagreeing = disagreements(connection, RANK, ingest_id)
    connection.execute(
        f"""
        create or replace temp table bucket_chosen as
        select best.* exclude (rank), stored.rank is null and bucket_key not in (select row_key from {TAKEN}) as is_new
        from (
            select * from (select *, {RANK} as rank from bucket_staged)
            qualify row_number() over (partition by bucket_key order by rank desc, file_no) = 1
        ) as best
        left join (select bucket_key, {RANK} as rank from ledger.usage_bucket) as stored using (bucket_key)
        where stored.rank is null or best.rank > stored.rank
            or (best.rank <> stored.rank and bucket_key in (select row_key from {TAKEN}))
        """
    )
    redact_buckets(connection, attribution)
    new = dict(
        connection.execute("select file_no, count(*) filter (is_new) from bucket_chosen group by all").fetchall()
    )
    connection.execute("delete from ledger.usage_bucket where bucket_key in (select bucket_key from bucket_chosen)")
    connection.execute(
        "create or replace temp table bucket_to_rate as "
        f"select {', '.join(STORED)}, provider as stated_provider, file_id "
        "from bucket_chosen join batch_file using (file_no)"
    )
    _insert_rated(connection, ingest_id, price_list)
    note_other_buckets(connection, found)
    return _counts(connection, new, disagreeing)


def _make_room(connection: "Connection") -> None:
    """Of what is taken back, delete what does not come again; the rest is of the file that brings it now.

    What is said again as it was said keeps its cost.
    """
    connection.execute(
        f"delete from ledger.usage_bucket where bucket_key in (select row_key from {TAKEN}) "
        "and bucket_key not in (select bucket_key from bucket_staged)"
    )
    connection.execute(
        f"""
        update ledger.usage_bucket as held set file_id = now.file_id from (
            select bucket_key, arg_min(file_id, file_no) as file_id from bucket_staged join batch_file using (file_no)
            where bucket_key in (select row_key from {TAKEN}) group by bucket_key
        ) as now where now.bucket_key = held.bucket_key and now.file_id <> held.file_id
        """
    )


def rate_unpriced_buckets(connection: "Connection", ingest_id: int, price_list: "PriceList") -> None:
    """Rate the ledger's unpriced buckets again, in one transaction; those that are locked stay as they are."""
    with transaction(connection):
        again = "cost_status = 'unpriced' and bucket_start >= coalesce($lock, timestamp '-infinity')"
        lock = {"lock": locked_until(connection)}
        connection.execute(f"create or replace temp table bucket_to_rate as {stated_buckets()} where {again}", lock)
        connection.execute(f"delete from ledger.usage_bucket where {again}", lock)
        _insert_rated(connection, ingest_id, price_list)


def keep_staged_buckets(connection: "Connection") -> None:
    """Remember the staged buckets while others are staged; see `take_back_buckets`."""
    _stage(connection)
    connection.execute(
        f"create or replace temp table cut_bucket as select bucket_key, {RANK} as rank from bucket_staged"
    )


def take_back_buckets(connection: "Connection") -> None:
    """Have room made for the buckets of which the ledger has the very reading that is remembered.

    They are of a table that has grown, and that brings them again, all but what its cut row made of them.
    """
    connection.execute(
        f"insert into {TAKEN} select bucket_key, file_id from ("
        f"select bucket_key, file_id, {RANK} as rank from ledger.usage_bucket semi join cut_bucket using (bucket_key)) as stored "
        f"join cut_bucket using (bucket_key, rank) semi join {CUT_FILE} using (file_id) "
        f"where bucket_key not in ({brought_elsewhere()} union all select row_key from {TAKEN})"
    )


def _stage(connection: "Connection") -> None:
    """What each file says of each bucket, with its breakdown and key."""
    present = ", ".join(
        f"case when count({name}) over in_span > 0 then {quote_literal(name)} end" for name in _BROKEN_DOWN
    )
    # A sum that does not fit is unknown, as an amount is that does not.
    sums = ", ".join(
        f"case when sum({name}) is not null then try_cast(sum({name}) as {column.sql_type}) end as {name}"
        for column in BUCKET_COLUMNS
        if (name := column.name) in BUCKET_SUMS
    )
    rest = ", ".join(f"min({name}) as {name}" for name in STORED if name not in {"bucket_key", *BUCKET_SUMS})
    key = f"md5(to_json(['b', {', '.join(f'({_AS_KEY.get(name, name)})::varchar' for name in _KEYED)}])::varchar)::uuid"
    connection.execute(
        f"""
        create or replace temp table bucket_staged as
        with spanned as (
            select * exclude (started_at, ended_at, row_key), started_at as bucket_start,
                coalesce(ended_at, started_at + interval 1 day) as bucket_end
            from {BUCKETS}
        ),
        broken_down as (
            select *, coalesce(stated_breakdown, nullif(concat_ws(',', {present}), '')) as breakdown
            from spanned
            window in_span as (
                partition by file_no, case when piece is null then statement end, source, scope, bucket_start, bucket_end
            )
        ),
        keyed as (select *, {key} as bucket_key from broken_down),
        stated as (
            select bucket_key, {sums}, {rest}, file_no, piece, statement
            from keyed group by bucket_key, file_no, piece, statement
        ),
        held as (
            select * from stated
            qualify row_number() over (partition by bucket_key, file_no, piece order by {RANK} desc, statement) = 1
        )
        select bucket_key, {sums}, {rest}, file_no from held group by bucket_key, file_no
        """
    )


def _insert_rated(connection: "Connection", ingest_id: int, price_list: "PriceList") -> None:
    rated = rated_buckets(connection, "bucket_to_rate", price_list)
    keep_prices(connection, price_list)
    connection.execute(f"insert into ledger.usage_bucket by name select *, {ingest_id} as ingest_id from ({rated})")


def _counts(
    connection: "Connection", new: Mapping[int, int], disagreeing: Mapping[int, int]
) -> dict[int, BucketCounts]:
    sources: dict[int, dict[str, int]] = {}
    for number, source, rows in connection.execute(
        "select file_no, source, count(distinct bucket_key) from bucket_staged group by all order by all"
    ).fetchall():
        sources.setdefault(number, {})[source] = rows
    unpriced = dict(
        connection.execute(
            "select file_no, count(*) from ledger.usage_bucket join batch_file using (file_id) "
            "where cost_status = 'unpriced' group by all"
        ).fetchall()
    )
    return {
        number: BucketCounts(
            rows=sum(found.values()),
            new=new.get(number, 0),
            unpriced=unpriced.get(number, 0),
            sources=found,
            disagreements=disagreeing.get(number, 0),
        )
        for number, found in sources.items()
    }
