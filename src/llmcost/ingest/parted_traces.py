"""Traces whose spans came in several files, runs, pulls or ledgers: settled with all of them that is known.

Within a file of spans a wrapper is told from its call where the file is read, within one of any other traced source here. What
another file tells of the same trace is in the ledger: the calls as rows, which say their parent, and of the spans that are no calls
those that may link a wrapper to its call.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from llmcost.domain.request import LEAF_TOKENS
from llmcost.ingest.otlp.remembered import remember_links
from llmcost.ingest.source import Source
from llmcost.ingest.sources._span_tree import settle
from llmcost.ingest.stage import FileOutcome
from llmcost.ingest.staged import SPAN_ID, SPANS

if TYPE_CHECKING:
    from llmcost.ledger.database import Connection

_OF_LEDGER = -1
_FETCHED = 10_000
_USED = f"coalesce({', '.join(LEAF_TOKENS)}) is not null"
_CALL = f"trace_id, {SPAN_ID} as span_id, parent_id, 'call' as role, {_USED} as has_usage"
_LINK = "trace_id, span_id, parent_id, role, has_usage"
_IS_CALL = "list_contains($sources, source) and trace_id is not null and request_id is not null"
_IS_ONE = f"{_IS_CALL} and trace_id || ':' || {SPAN_ID} in (select unnest($ids::varchar[]))"
_NESTED = """
    with recursive around as (
        select trace_id, parent_id, 1 as depth from trace_node as call
        where role = 'call' and parent_id is not null and trace_id in (
            select outer_call.trace_id from trace_node as outer_call join trace_node as inner_node
                on inner_node.trace_id = outer_call.trace_id and inner_node.parent_id = outer_call.span_id
            where outer_call.role = 'call'
        )
        union
        select node.trace_id, node.parent_id, depth + 1 from around join trace_node as node
            on node.trace_id = around.trace_id and node.span_id = around.parent_id
        where node.role <> 'call' and depth < 1000
    )
    select distinct trace_id from around join trace_node as call using (trace_id)
    where call.span_id = around.parent_id and call.role = 'call'
"""
"""SELECT of the traces in which a call stands above another one."""

_LINKS = f"""
    with recursive link as (
        select span.trace_id, span.span_id, span.parent_id, span.role from {SPANS} as span left join trace_node as above
            on above.trace_id = span.trace_id and above.span_id = span.parent_id
        where span.links is null and span.parent_id is not null
            and (coalesce(above.role, 'unknown') <> 'other' or above.file_no = {_OF_LEDGER})
        union
        select span.trace_id, span.span_id, span.parent_id, span.role from {SPANS} as span join link
            on span.trace_id = link.trace_id and span.parent_id = link.span_id
        where span.links is null
    )
    select * from link
    union all
    select trace_id, span_id, parent_id, role from {SPANS} where links
"""
"""SELECT of the staged spans that may stand, in a trace that is parted, between a wrapper and its call."""


def spans_of(sources: Mapping[str, Source]) -> list[str]:
    """The sources whose calls are spans."""
    return [name for name, source in sources.items() if source.span_of is not None or source.traced]


def settle_staged(connection: "Connection", outcomes: Iterable[FileOutcome], sources: Mapping[str, Source]) -> None:
    """Take wrappers of calls that other files tell of out of the staged batch, and out of the attached ledger those of its calls."""
    named = {"sources": spans_of(sources)}
    connection.execute(
        f"""
        create or replace temp table trace_node as
        select file_no, {_CALL} from staged_untagged where {_IS_CALL}
        union select file_no, trace_id, span_id, parent_id, role, false from {SPANS}
        """,
        named,
    )
    _add_stored(connection, named)
    traced = [name for name, source in sources.items() if source.traced]
    within = connection.execute(
        "select 1 from stage where list_contains($traced, source) limit 1", {"traced": traced}
    ).fetchone()
    ids = _wrappers(
        connection,
        f"""
        {f"select trace_id from ({_NESTED}) union" if within else ""}
        select trace_id from (
            select trace_id, file_no, count(distinct span_id) as held from trace_node where file_no >= 0 group by all
        ) join (select trace_id, count(distinct span_id) as known from trace_node group by all) using (trace_id)
        group by trace_id having max(held) < any_value(known)
        union select trace_id from trace_node group by trace_id, span_id having count(distinct role) > 1
        """,
    )
    remember_links(connection, _LINKS)
    if not ids:
        return
    _remember_wrappers(connection, ids)
    take_back_calls(connection, ids, sources)
    connection.execute(
        "create or replace temp table staged_wrapper as select stage_table, stage_row, file_no from staged_untagged "
        f"where {_IS_ONE}",
        {**named, "ids": ids},
    )
    for (table,) in connection.execute("select distinct stage_table from staged_wrapper").fetchall():
        connection.execute(
            f"delete from {table} where rowid in (select stage_row from staged_wrapper where stage_table = '{table}')"
        )
    skipped = dict(connection.execute("select file_no, count(*) from staged_wrapper group by all").fetchall())
    for number, outcome in enumerate(outcomes):
        outcome.skipped += skipped.get(number, 0)


def settle_received(connection: "Connection", traces: Iterable[str], sources: Mapping[str, Source]) -> None:
    """Take calls out of the attached ledger that are wrappers by what a receiver has noted of these traces."""
    named = {"sources": spans_of(sources)}
    connection.execute(
        f"""
        create or replace temp table trace_node as
        select 0 as file_no, {_LINK} from ledger.received_span
        where role <> 'call' and trace_id in (select unnest($traces::varchar[]))
        """,
        {"traces": list(traces)},
    )
    _add_stored(connection, named)
    if ids := _wrappers(connection, "select trace_id from trace_node where role = 'call'"):
        _remember_wrappers(connection, ids)
        take_back_calls(connection, ids, sources)


def take_back_calls(connection: "Connection", ids: Sequence[str], sources: Mapping[str, Source]) -> None:
    """Take these calls, each `trace:span`, out of the attached ledger."""
    connection.execute(
        f"create or replace temp table no_call as select row_key from ledger.request where {_IS_ONE}",
        {"sources": spans_of(sources), "ids": list(ids)},
    )
    take_back(connection)


def settle_merged(connection: "Connection", other: str, sources: Mapping[str, Source]) -> None:
    """The wrappers of calls that the attached ledger and another one tell of together: the keys of their rows, in `no_call`."""
    named = {"sources": spans_of(sources)}
    connection.execute("create or replace temp table no_call (row_key uuid)")
    connection.execute(
        f"""
        create or replace temp table trace_node as
        select 0 as file_no, {_CALL} from {other}.request where {_IS_CALL}
        union all select 0, {_LINK} from {other}.received_span where role <> 'call'
        """,
        named,
    )
    if connection.execute("select 1 from trace_node limit 1").fetchone() is None:
        return
    _add_stored(connection, named)
    if ids := _wrappers(
        connection, "select trace_id from trace_node group by trace_id having count(distinct file_no) > 1"
    ):
        _remember_wrappers(connection, ids)
        for ledger in ("ledger", other):
            connection.execute(
                f"insert into no_call select row_key from {ledger}.request where {_IS_ONE}",
                {**named, "ids": ids},
            )


def _add_stored(connection: "Connection", named: Mapping[str, list[str]]) -> None:
    """What the ledger has of the same traces."""
    connection.execute(
        f"""
        insert into trace_node
        select {_OF_LEDGER}, {_CALL} from ledger.request
        where {_IS_CALL} and trace_id in (select trace_id from trace_node)
        union all
        select {_OF_LEDGER}, {_LINK} from ledger.received_span
        where role <> 'call' and trace_id in (select trace_id from trace_node)
        """,
        named,
    )


def _wrappers(connection: "Connection", traces: str) -> list[str]:
    """Of these traces, the calls that are wrappers, each `trace:span`."""
    cursor = connection.execute(
        f"""
        select trace_id, span_id, min(parent_id), bool_or(has_usage), bool_or(role = 'call') as counted,
            case when bool_or(role = 'wrapper') then 'wrapper' when counted then 'call' else 'other' end
        from trace_node where trace_id in ({traces}) group by trace_id, span_id order by trace_id
        """
    )

    def nodes() -> Iterator[tuple[Any, ...]]:
        while rows := cursor.fetchmany(_FETCHED):
            yield from rows

    found: list[str] = []
    names = ("span_id", "parent_id", "usage", "counted", "role")
    for trace, rows in groupby(nodes(), key=lambda row: row[0]):
        heads = [{**dict(zip(names, row[1:], strict=True)), "wraps": False} for row in rows]
        settle([(0, {"otlp_span": head}) for head in heads])
        found += [f"{trace}:{head['span_id']}" for head in heads if head["counted"] and head["role"] == "wrapper"]
    return found


def _remember_wrappers(connection: "Connection", ids: list[str]) -> None:
    """A call that is a wrapper may have another one around it, which is known for one only through it."""
    connection.execute(
        "create or replace temp table no_call_span as select distinct on (trace_id, span_id) trace_id, span_id, parent_id, "
        "'wrapper' as role from trace_node where role = 'call' and trace_id || ':' || span_id in (select unnest($ids))",
        {"ids": ids},
    )
    remember_links(connection, "select * from no_call_span")


def take_back(connection: "Connection") -> None:
    """Take the rows in `no_call` out of the attached ledger."""
    for table in ("request", "also_in", "conflict"):
        connection.execute(f"delete from ledger.{table} where row_key in (select row_key from no_call)")
