"""The rows of a batch as one view, wherever they are staged.

`stage_bulk` holds what DuckDB mapped in one pass: one struct a row, without the columns that are the same everywhere and
without tags. `stage_rest` holds what the strict reader brought, column by column. `staged` shows both alike; `stage` shows
only their keys.
"""

from collections.abc import Sequence

from llmcost.domain.request import WHO
from llmcost.ingest.mapping import Mapped
from llmcost.ingest.tagging import ROUTE_INPUT

KEYS = ("file_no", "source", "near_unique", "row_key")
BULK, REST = "stage_bulk", "stage_rest"
BUCKETS = "stage_bucket"
"""Aggregates, which no view of calls shows."""


def keys_select(tables: Sequence[str]) -> str:
    """SELECT of the keys of every staged row."""
    return " union all ".join(f"select {', '.join(KEYS)} from {table}" for table in tables)


def staged_select(tables: Sequence[str], bulk: Mapped | None, *, only: str | None = None, tagged: bool = True) -> str:
    """SELECT of every column of every staged row, with the table and row it is in.

    `only` takes the rows in a table of keys. Without `tagged` the tags, and what they fill, are left empty.
    """
    chosen = f" semi join {only} using (row_key)" if only else ""
    parts = []
    if BULK in tables and bulk is not None:
        parts.append(_bulk_select(bulk, chosen, tagged=tagged))
    if REST in tables:
        parts.append(
            f"select * exclude (route, verdict), '{REST}' as stage_table from (select *, rowid as stage_row from {REST}){chosen}"
        )
    return " union all by name ".join(parts)


def _bulk_select(bulk: Mapped, chosen: str, *, tagged: bool) -> str:
    names = [*KEYS, *(f"record.{name} as {name}" for name in bulk.packed)]
    relation = f"select {', '.join(names)}, stage_row, '{BULK}' as stage_table from (select *, rowid as stage_row from {BULK}){chosen}"
    for left_out in (bulk.constants, bulk.derived):
        if left_out:
            relation = f"select *, {', '.join(f'{sql} as {name}' for name, sql in left_out.items())} from ({relation})"
    inputs = tuple(bulk.tagging.inputs)
    if not inputs or not tagged:
        return relation
    replaced = ", ".join(f"coalesce(bulk.{name}, tag_set.{name}) as {name}" for name in (*WHO, "tags"))
    equal = " and ".join(f"bulk.{name} is not distinct from tag_set.{name}" for name in inputs)
    return (
        f"select bulk.* exclude ({', '.join((ROUTE_INPUT, *inputs))}) replace ({replaced}) from ({relation}) as bulk "
        f"left join tag_set on bulk.{ROUTE_INPUT} = tag_set.{ROUTE_INPUT} and {equal}"
    )
