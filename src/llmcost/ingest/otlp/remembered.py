"""The shape of settled traces, in the ledger: a receiver knows what the one before it, or a file, has told.

It is bounded: the traces that were silent for longest go first.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from llmcost.ingest.source import Record

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection

SPANS = 50_000
"""How many are remembered."""


def remembered(connection: "Connection") -> list[Record]:
    """The heads of spans that were settled before, those of one trace together, longest silent first."""
    found = connection.execute(
        "select trace_id, span_id, parent_id, role, has_usage from ledger.received_span order by turn, trace_id, span_id"
    ).fetchall()
    names = ("trace_id", "span_id", "parent_id", "role", "usage")
    return [{**dict(zip(names, row, strict=True)), "wraps": False} for row in found]


def remember(connection: "Connection", traces: Mapping[str, Sequence[Record]], most: int = SPANS) -> None:
    """Note the heads of all spans of these traces as they are now, inside the caller's transaction.

    What files have told of the same traces stays, and a span that they know for a wrapper is one.
    """
    named = {(trace, head["span_id"]): head for trace, heads in traces.items() for head in heads if head["span_id"]}
    latest = list(named.items())[-most:]
    connection.execute(
        f"""
        create or replace temp table told_span as
        with told as (
            select unnest($traces::varchar[]) as trace_id, unnest($spans::varchar[]) as span_id,
                unnest($parents::varchar[]) as parent_id, unnest($roles::varchar[]) as role, unnest($usage::boolean[]) as has_usage
        ),
        known as (select * from ledger.received_span where trace_id in (select unnest($all::varchar[])))
        select told.* replace (case when known.role = 'wrapper' then known.role else told.role end as role), 0 as rest
        from told left join known using (trace_id, span_id)
        union all by name
        select known.* exclude (turn), 1 as rest from known anti join told using (trace_id, span_id)
        order by rest limit {most}
        """,
        {
            "all": list(traces),
            "traces": [trace for (trace, _), _ in latest],
            "spans": [span for (_, span), _ in latest],
            "parents": [head["parent_id"] for _, head in latest],
            "roles": [head["role"] for _, head in latest],
            "usage": [bool(head["usage"]) for _, head in latest],
        },
    )
    connection.execute(
        "delete from ledger.received_span where trace_id in (select unnest($all::varchar[]))", {"all": list(traces)}
    )
    connection.execute(
        "insert into ledger.received_span select * exclude (rest), "
        "(select coalesce(max(turn), 0) + 1 from ledger.received_span) from told_span"
    )
    _forget(connection, most)


def remember_links(connection: "Connection", links: str, most: int = SPANS) -> None:
    """Note spans that are no calls: a SELECT of `trace_id`, `span_id`, `parent_id`, `role`.

    What is noted of a span stays, but that a call which turns out to be a wrapper is one.
    """
    connection.execute(
        f"""
        create or replace temp table new_link as
        select distinct on (trace_id, span_id) * from ({links}) anti join (
            select trace_id, span_id from ledger.received_span where role <> 'call'
        ) using (trace_id, span_id)
        order by role = 'wrapper' desc
        limit {most}
        """
    )
    if connection.execute("select 1 from new_link limit 1").fetchone() is None:
        return
    connection.execute(
        "update ledger.received_span as noted set role = new_link.role from new_link "
        "where new_link.role = 'wrapper' and noted.trace_id = new_link.trace_id and noted.span_id = new_link.span_id"
    )
    connection.execute(
        "insert into ledger.received_span select trace_id, span_id, parent_id, role, false, "
        "(select coalesce(max(turn), 0) + 1 from ledger.received_span) "
        "from new_link anti join ledger.received_span using (trace_id, span_id)"
    )
    _forget(connection, most)


def _forget(connection: "Connection", most: int) -> None:
    connection.execute(
        """
        delete from ledger.received_span where turn <= (
            select max(turn) from (
                select turn, sum(count(*)) over (order by turn desc) as held from ledger.received_span group by turn
            )
            where held > $most
        )
        """,
        {"most": most},
    )
