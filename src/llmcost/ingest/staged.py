"""The rows of a batch as one view, wherever they are staged.

`stage_bulk` holds what DuckDB mapped in one pass: one struct a row, without the columns that are the same everywhere, and
what its tags are made of. `stage_rest` holds what the strict reader brought, column by column. `staged` shows both alike; `stage` shows
only their keys and parts.
"""

from collections.abc import Sequence

from llmcost.domain.request import WHO
from llmcost.ingest.mapping import Mapped
from llmcost.ingest.tagging import KEY, MADE, ROUTE_INPUT, Attribution, Tagging

KEYS = ("file_no", "source", "near_unique", "row_key")
BULK, REST = "stage_bulk", "stage_rest"
TAG_SET = "tag_set"
"""Tags, and who they say a request was for, by the hash of what they are made of."""
BUCKETS = "stage_bucket"
"""Aggregates, which no view of calls shows."""
SPANS = "stage_span"
"""Spans that are no calls and tell, in a trace that is parted over files, which are."""
SPAN_ID = "case when starts_with(request_id, trace_id || ':') then substr(request_id, length(trace_id) + 2) else request_id end"
"""SQL: the name of a call's span within its trace."""


def keys_select(tables: Sequence[str]) -> str:
    """SELECT of the keys of every staged row, and of which part of a call it is."""
    part = {BULK: "record.part as part"}
    return " union all ".join(f"select {', '.join(KEYS)}, {part.get(table, 'part')} from {table}" for table in tables)


def staged_select(
    tables: Sequence[str],
    bulk: Mapped | None,
    attribution: Attribution,
    *,
    only: str | None = None,
    tagged: bool = True,
    shared: bool = True,
) -> str:
    """SELECT of every column of every staged row, with the table and row it is in.

    `only` takes the rows in a table of keys. Without `tagged` the tags, and what they fill, are left empty; `shared` takes
    them from the table `tag_set`, else each row's are made anew.
    """
    chosen = f" semi join {only} using (row_key)" if only else ""
    parts = []
    if BULK in tables and bulk is not None:
        tagging = bulk.tagging
        if not (tagging.inputs and tagged):
            relation = _bulk_select(bulk, chosen)
        elif shared:
            relation = _shared_tags(_bulk_select(bulk, chosen, KEY))
        else:
            relation = _own_tags(_bulk_select(bulk, chosen, tagging.unpacked()), tagging, attribution)
        parts.append(relation)
    if REST in tables:
        parts.append(
            f"select * exclude (route, verdict), '{REST}' as stage_table from (select *, rowid as stage_row from {REST}){chosen}"
        )
    return " union all by name ".join(parts)


def _bulk_select(bulk: Mapped, chosen: str, *tags: str) -> str:
    names = [*KEYS, *(f"record.{name} as {name}" for name in bulk.packed), *tags]
    relation = f"select {', '.join(names)}, stage_row, '{BULK}' as stage_table from (select *, rowid as stage_row from {BULK}){chosen}"
    for left_out in (bulk.constants, bulk.derived):
        if left_out:
            relation = f"select *, {', '.join(f'{sql} as {name}' for name, sql in left_out.items())} from ({relation})"
    return relation


def _shared_tags(relation: str) -> str:
    replaced = ", ".join(f"coalesce(bulk.{name}, {TAG_SET}.{name}) as {name}" for name in (*WHO, "tags"))
    return (
        f"select bulk.* exclude ({KEY}) replace ({replaced}) from ({relation}) as bulk "
        f"left join {TAG_SET} on bulk.{KEY} = {TAG_SET}.{KEY}"
    )


def _own_tags(relation: str, tagging: Tagging, attribution: Attribution) -> str:
    made = (*WHO, "tags")
    replaced = ", ".join(f"coalesce({name}, {MADE}{name}) as {name}" for name in made)
    without = ", ".join((ROUTE_INPUT, *tagging.inputs, *(f"{MADE}{name}" for name in made)))
    return f"select * exclude ({without}) replace ({replaced}) from ({tagging.tagged(relation, attribution)})"
