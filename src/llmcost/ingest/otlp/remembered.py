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
    """Note the heads of all spans of these traces as they are now, inside the caller's transaction."""
    named = {(trace, head["span_id"]): head for trace, heads in traces.items() for head in heads if head["span_id"]}
    latest = list(named.items())[-most:]
    connection.execute(
        "delete from ledger.received_span where trace_id in (select unnest($traces::varchar[]))",
        {"traces": list(traces)},
    )
    connection.execute(
        """
        insert into ledger.received_span
        select unnest($traces::varchar[]), unnest($spans::varchar[]), unnest($parents::varchar[]), unnest($roles::varchar[]),
            unnest($usage::boolean[]), (select coalesce(max(turn), 0) + 1 from ledger.received_span)
        """,
        {
            "traces": [trace for (trace, _), _ in latest],
            "spans": [span for (_, span), _ in latest],
            "parents": [head["parent_id"] for _, head in latest],
            "roles": [head["role"] for _, head in latest],
            "usage": [bool(head["usage"]) for _, head in latest],
        },
    )
    _forget(connection, most)


def remember_links(connection: "Connection", links: str, most: int = SPANS) -> None:
    """Note spans that are no calls, as far as they are not noted: a SELECT of `trace_id`, `span_id`, `parent_id`, `role`."""
    connection.execute(
        f"""
        create or replace temp table new_link as
        select distinct on (trace_id, span_id) * from ({links}) anti join ledger.received_span using (trace_id, span_id)
        limit {most}
        """
    )
    if connection.execute("select 1 from new_link limit 1").fetchone() is None:
        return
    connection.execute(
        "insert into ledger.received_span select trace_id, span_id, parent_id, role, false, "
        "(select coalesce(max(turn), 0) + 1 from ledger.received_span) from new_link"
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
