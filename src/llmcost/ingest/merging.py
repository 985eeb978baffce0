"""Other ledgers into ours: every call once, by the rules by which sightings of a call become one row.

A row that only they have comes as it is, with the cost it has. A row both have, and that differs, is merged field by field; of
the two costs it keeps the one that fits what it has become, and is rated again where neither does. Merging A into B and B into A
gives the same reports, and merging again changes nothing.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from llmcost.domain.attribution import DEFAULT_ATTRIBUTION
from llmcost.domain.errors import DataError, UsageError
from llmcost.domain.request import COLUMNS
from llmcost.ingest.buckets import RANK
from llmcost.ingest.identity import CONFLICTS, PRICED_BY, WIDEN_CONFLICTS, merged_select, stated
from llmcost.ingest.parted_traces import settle_merged, take_back
from llmcost.ingest.registry import all_sources
from llmcost.ledger import database, failures, scratch
from llmcost.ledger.forgetting import ForgetRequest, forget
from llmcost.ledger.merge_tables import map_runs_and_files, merge_tables, merge_tombstones
from llmcost.ledger.migrations import transaction
from llmcost.ledger.tombstones import find, ids_in, is_needed, take_out, tombstones
from llmcost.pricing.price_list import load_price_list
from llmcost.pricing.rating import RATED, billed_amount, declare_bills, prepare_rates, rated_select
from llmcost.pricing.runs import keep_prices, record_run
from llmcost.pricing.snapshots import united

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmcost.ledger.connection import Connection

Result = TypeVar("Result")

_NAMES = ", ".join(column.name for column in COLUMNS)
_JOINS = """
    left join file_map on file_map.theirs = stored.file_id left join ingest_map on ingest_map.theirs = stored.ingest_id
"""
_RATED = tuple(dict.fromkeys(("provider", "stated_provider", *RATED)))


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeRequest:
    """What to merge, and what decides the cost of a row that neither ledger has rated as it becomes."""

    ledger: Path
    others: Sequence[Path]
    attribution: Mapping[str, Sequence[str]] = field(default_factory=lambda: DEFAULT_ATTRIBUTION)
    pricing: Sequence[Path] = ()
    bills: frozenset[str] = frozenset()
    wait: float = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What one ledger brought, in rows."""

    path: Path
    requests: int
    """Rows it has."""
    new: int
    changed: int
    """Rows of both that differed."""
    conflicts: int
    """Ids whose usage contradicts ours, found by this merge."""
    late: int
    """New rows that began within a period whose prices are locked here."""


_CHECK = "check the paths of the ledgers to merge"


def merge(request: MergeRequest) -> list[Merged]:
    """Merge the other ledgers into ours, which is made if there is none, in one transaction.

    Raises UsageError for a ledger named twice, DataError for one that is missing, damaged or of another schema.
    """
    real = [path.resolve() for path in (request.ledger, *request.others)]
    for place, path in enumerate(real):
        if path in real[:place]:
            raise UsageError(f"{path} is named twice", hint="name each ledger once, and ours with --db")
    for path in request.others:
        if not failures.is_there(path):
            raise DataError(f"no ledger at {path.absolute()}", hint=_CHECK)
        try:
            _read(path, lambda _: None, request.wait)
        except DataError as error:
            # `--db` names ours.
            raise DataError(error.message, hint=_CHECK if "--db" in (error.hint or "") else error.hint) from error
    with ExitStack() as stack:
        others = _without_forgotten(request, stack)
        connection = stack.enter_context(database.writing(request.ledger, wait=request.wait))
        names = [f"other_{number}" for number in range(len(request.others))]
        for path, name in zip(others, names, strict=True):
            stack.enter_context(database.beside(connection, path, name, wait=request.wait))
        connection.execute(resources.files("llmcost.ingest").joinpath("macros.sql").read_text("utf-8"))
        declare_bills(connection, request.bills)
        with transaction(connection):
            return [_merge(connection, request, path, name) for path, name in zip(request.others, names, strict=True)]


def _without_forgotten(request: MergeRequest, stack: ExitStack) -> list[Path]:
    """The other ledgers, or copies of them that have forgotten what any of the ledgers has; so has ours afterwards."""
    if request.ledger.exists():
        with database.reading(request.ledger, wait=request.wait, migrate=True):
            pass
    ledgers = [path for path in (request.ledger, *request.others) if path.exists()]
    known = [one for path in ledgers if (one := _read(path, tombstones, request.wait)) is not None]
    others = list(request.others)
    for path in ledgers if known else ():
        found = _read(path, lambda connection: ids_in(connection, known), request.wait)
        target = path
        if found and path != request.ledger:
            target = stack.enter_context(scratch.folder_beside(request.ledger)) / "ledger"
            database.copy(path, target, wait=request.wait)
            others[others.index(path)] = target
        for kind, word, deleted in found:
            forget(
                ForgetRequest(
                    ledger=target,
                    kind=kind,
                    id=word,
                    attribution=request.attribution,
                    delete=deleted,
                    wait=request.wait,
                )
            )
    return others


def _read(path: Path, look: "Callable[[Connection], Result]", wait: float) -> Result:
    with database.reading(path, wait=wait) as connection:
        return look(connection)


def _merge(connection: "Connection", request: MergeRequest, path: Path, other: str) -> Merged:
    merge_tombstones(connection, other)
    map_runs_and_files(connection, other)
    _merge_price_lists(connection, other)
    settle_merged(connection, other, all_sources())
    (requests,) = connection.execute(f"select count(*) from {other}.request").fetchone() or (0,)
    _find_differing(connection, other)
    (changed,) = connection.execute("select count(*) from differing").fetchone() or (0,)
    conflicts = _merge_differing(connection, request, other) if changed else 0
    new, late = _insert_new(connection, other)
    _merge_buckets(connection, other)
    merge_tables(connection, other)
    take_back(connection)
    return Merged(path=path, requests=requests, new=new, changed=changed, conflicts=conflicts, late=late)


def _find_differing(connection: "Connection", other: str) -> None:
    """Keys of the rows of both that say something else; when they were read, and from where, is not compared."""
    columns = [
        row[0]
        for row in connection.execute(
            "select column_name from duckdb_columns() where database_name = 'ledger' and table_name = 'request'"
        ).fetchall()
    ]
    differs = " or ".join(
        f"ours.{name} is distinct from theirs.{name}"
        for name in columns
        if name not in {"row_key", "file_id", "ingest_id"}
    )
    connection.execute(
        f"""
        create or replace temp table differing as
        select ours.row_key from ledger.request as ours join {other}.request as theirs using (row_key) where {differs}
        """
    )


def _merge_differing(connection: "Connection", request: MergeRequest, other: str) -> int:
    """Make one row of each two; returns how many contradict each other and were not known to."""
    sightings, ratings = [], []
    for side, catalog in enumerate(("ledger", other)):
        file_id, ingest_id = ("file_map.ours", "ingest_map.ours") if side else ("stored.file_id", "stored.ingest_id")
        joins = _JOINS if side else ""
        sightings.append(
            f"select row_key, {', '.join(stated('stored', column.name) for column in COLUMNS)}, {side} as file_no "
            f"from {catalog}.request as stored semi join differing using (row_key)"
        )
        ratings.append(
            f"""
            select stored.* replace ({file_id} as file_id, {ingest_id} as ingest_id),
                stored.started_at < coalesce(
                    (select max(locked_until) from {catalog}.price_lock where cleared_at is null), timestamp '-infinity'
                ) as is_locked,
                run.started_at as rated_at
            from (select * from {catalog}.request semi join differing using (row_key)) as stored
            left join {catalog}.ingest as run on run.ingest_id = stored.ingest_id {joins}
            """
        )
    connection.execute(f"create or replace temp table sighting as {' union all '.join(sightings)}")
    connection.execute(f"create or replace temp table rating as {' union all by name '.join(ratings)}")
    if is_needed(connection) and find(connection, "sighting", "row_key"):
        take_out(connection, "sighting", "row_key", request.attribution)
    connection.execute(
        f"create or replace temp table merged as {merged_select('select * from sighting', request.attribution)}"
    )
    connection.execute(f"create or replace temp table found_conflict as {CONFLICTS}")
    same_price = " and ".join(
        f"merged.{name} is not distinct from {stated('stored', name, alias=False)}" for name in PRICED_BY
    )
    rated = ", ".join(f"stored.{name}" for name in _RATED)
    connection.execute(
        f"""
        create or replace temp table keeps_price as
        select * exclude (is_locked, rated_at) from (
            select merged.* exclude (provider, file_no), {rated}, stored.file_id, stored.ingest_id, stored.is_locked, stored.rated_at
            from merged join rating as stored using (row_key)
            where {same_price} and {billed_amount("merged")} is not distinct from {billed_amount("stored")}
        )
        qualify row_number() over (
            partition by row_key
            order by is_locked desc, cost_status <> 'unpriced' desc, rated_at desc nulls last, cost desc nulls last, price_id
        ) = 1
        """
    )
    connection.execute(
        """
        create or replace temp table to_rate as
        select merged.* exclude (file_no), merged.provider as stated_provider, places.file_id
        from merged
        left join (select row_key, min(file_id) as file_id from rating group by row_key) as places using (row_key)
        anti join keeps_price on keeps_price.row_key = merged.row_key
        """
    )
    connection.execute("delete from ledger.request where row_key in (select row_key from merged)")
    connection.execute("insert into ledger.request by name from keeps_price")
    if connection.execute("select 1 from to_rate limit 1").fetchone() is not None:
        _rate(connection, request)
    (known,) = connection.execute(
        "select count(*) from found_conflict semi join ledger.conflict using (row_key)"
    ).fetchone() or (0,)
    (found,) = connection.execute("select count(*) from found_conflict").fetchone() or (0,)
    connection.execute(WIDEN_CONFLICTS)
    connection.execute(
        """
        insert into ledger.conflict by name
        select found_conflict.* exclude (file_no), coalesce(places.file_id, 0) as file_id
        from found_conflict
        left join (select row_key, min(file_id) as file_id from rating group by row_key) as places using (row_key)
        anti join ledger.conflict on ledger.conflict.row_key = found_conflict.row_key
        """
    )
    return int(found) - int(known)


def _rate(connection: "Connection", request: MergeRequest) -> None:
    """Rate what has become of two rows and neither was rated as."""
    price_list = load_price_list(tuple(request.pricing))
    names = [str(path) for path in request.others]
    ingest_id = record_run(connection, price_list, {"merged": names, "settings": json.dumps({})})
    prepare_rates(connection, "to_rate", price_list)
    keep_prices(connection, price_list)
    connection.execute(
        f"insert into ledger.request by name select *, {ingest_id} as ingest_id from ({rated_select('to_rate')})"
    )


def _insert_new(connection: "Connection", other: str) -> tuple[int, int]:
    """Rows that only they have; returns how many, and how many of them began before our lock."""
    connection.execute(
        f"""
        create or replace temp view incoming as
        select theirs.* replace (file_map.ours as file_id, coalesce(ingest_map.ours, theirs.ingest_id) as ingest_id)
        from {other}.request as theirs
        left join file_map on file_map.theirs = theirs.file_id
        left join ingest_map on ingest_map.theirs = theirs.ingest_id
        where theirs.row_key not in (select row_key from ledger.request union all select row_key from ledger.forgotten_row
            union all select row_key from no_call)
        """
    )
    new, late = connection.execute(
        """
        select count(*), count(*) filter (started_at < coalesce(
            (select max(locked_until) from ledger.price_lock where cleared_at is null), timestamp '-infinity'))
        from incoming
        """
    ).fetchone() or (0, 0)
    if new:
        connection.execute("insert into ledger.request by name from incoming")
    return int(new), int(late)


def _merge_buckets(connection: "Connection", other: str) -> None:
    """Of two readings of one bucket the fuller; of equal ones the one that was rated later."""
    connection.execute(
        f"""
        create or replace temp table merged_bucket as
        select * exclude (rank, rated_at) from (
            select ours.*, {RANK} as rank, run.started_at as rated_at
            from ledger.usage_bucket as ours left join ledger.ingest as run using (ingest_id)
            where bucket_key in (select bucket_key from {other}.usage_bucket)
            union all by name
            select theirs.* replace (file_map.ours as file_id, coalesce(ingest_map.ours, theirs.ingest_id) as ingest_id),
                {RANK} as rank, run.started_at as rated_at
            from {other}.usage_bucket as theirs
            left join {other}.ingest as run on run.ingest_id = theirs.ingest_id
            left join file_map on file_map.theirs = theirs.file_id
            left join ingest_map on ingest_map.theirs = theirs.ingest_id
        )
        qualify row_number() over (partition by bucket_key order by rank desc, rated_at desc nulls last, cost desc) = 1
        """
    )
    connection.execute("delete from ledger.usage_bucket where bucket_key in (select bucket_key from merged_bucket)")
    connection.execute("insert into ledger.usage_bucket by name from merged_bucket")


def _merge_price_lists(connection: "Connection", other: str) -> None:
    ours = dict(connection.execute("select price_list, content from ledger.price_list").fetchall())
    for name, content in connection.execute(f"select price_list, content from {other}.price_list").fetchall():
        if name in ours and ours[name] != content:
            connection.execute(
                "update ledger.price_list set content = $content where price_list = $name",
                {"name": name, "content": united(ours[name], content)},
            )
    connection.execute(
        f"""
        insert into ledger.price_list by name
        select theirs.* from {other}.price_list as theirs anti join ledger.price_list using (price_list)
        """
    )
