"""What requests would have cost, had something about them been different: the price list applied to a changed copy.

Only requests whose cost comes from the price list are copied: what a provider billed itself cannot be asked again. Nor can what
was rated at other prices than the list has by now: the difference would be that of the prices, not of the change.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from llmcost.outliers.finding import Query
from llmcost.outliers.traffic import STALE
from llmcost.pricing.rate_row import Context
from llmcost.pricing.rating import prepare_rates, rated_select
from llmcost.pricing.units import QUANTITIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmcost.outliers.traffic import Traffic

_READ = (
    *(one.name for one in fields(Context)),
    *QUANTITIES.values(),
    "started_at",
    "status",
    "http_status",
    "error_type",
    "gateway_cached",
    "usage_origin",
    "charge_basis",
)
"""What rating reads of a request, beside what was billed for it."""
_BILLS = ("billed_cost", "reported_cost", "reported_currency", "reported_by")


def swapped(traffic: Traffic, table: str, rows: Query, changes: Mapping[str, str]) -> None:
    """Leave rid, was (cost) and other (cost after the change) in a temporary table; rows without a price then are left out.

    `rows` selects rid and whatever the `changes` (column of the ledger's request -> SQL) read; it is joined as `chosen`.
    """
    if not traffic.other_lists:
        _rated(traffic, table, rows, changes)
        return
    again = f"{table}_again"
    _rated(traffic, again, rows, {})
    _rated(traffic, table, rows, changes)
    run = traffic.connection.execute
    run(
        f"insert into {STALE} select rid from {table} anti join (select rid from {again} where other = was) using (rid)"
    )
    run(f"delete from {table} where rid in (select rid from {STALE})")
    run(f"drop table {again}")


def _rated(traffic: Traffic, table: str, rows: Query, changes: Mapping[str, str]) -> None:
    copy = f"{table}_copy"
    # Where only the name of the model said who invoices, another name would not.
    provider = "request.provider" if "request_model" in changes else "request.stated_provider"
    replaced = {**dict.fromkeys(_BILLS, "null"), "provider": provider, **changes}
    # A null keeps the type of its column only where it is cast to it.
    columns = ", ".join(
        f"{expression} as {name}" if expression != "null" else f"nullif(request.{name}, request.{name}) as {name}"
        for name, expression in replaced.items()
    )
    traffic.keep(
        copy,
        Query(
            sql=f"""
            select {", ".join(f"request.{name}" for name in dict.fromkeys(_READ) if name not in replaced)}, {columns},
                chosen.rid as chosen_rid, row.cost as was
            from ({rows.sql}) as chosen
            join waste_row as row using (rid)
            join request on request.row_key = row.row_key and request.part = row.part
            where row.cost_status in ('priced', 'estimated') and row.cost > 0
            """,
            values=rows.values,
        ),
    )
    prepare_rates(traffic.connection, copy, traffic.prices)
    traffic.keep(
        table,
        Query(
            sql=f"select chosen_rid as rid, was, cost as other from ({rated_select(copy)}) where cost_status in ('priced', 'estimated')"
        ),
    )
    traffic.connection.execute(f"drop table {copy}")
