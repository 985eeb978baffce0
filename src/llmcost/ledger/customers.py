"""Customers by month: what each used and what it cost, in one aggregation over the ledger.

A customer has a row for every month from the first it is met in to the last of the period, also where it used nothing: a
subscription is paid then, too, whoever else is selected. Months the ledger does not reach yet are in no period.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.ledger.composition import Query, Selection
from llmcost.ledger.keys import resolve
from llmcost.ledger.metrics import metric

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TABLE = "customer_month"
"""The temporary table: customer (a number; names are in the table `customer`), month, plan, unpriced (requests), one column for each metric."""
METERS: Mapping[str, str] = {
    "total": "total_tokens",
    "input": "input_tokens",
    "output": "output_tokens",
    "requests": "requests",
    "cost": "cost",
}
"""Metric behind each short name of a meter; any other additive metric goes by its own."""
ALWAYS = (
    "total_tokens",
    "requests",
    "cost",
    "uncached_input_tokens",
    "cache_read_input_tokens",
    "input_cost",
    "cache_read_cost",
)
"""Metrics it has in any case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """What the table is made of."""

    customers: int
    months: tuple[str, ...]
    unpriced_requests: int
    """Of known customers; their cost is missing."""
    unattributed_cost: Decimal
    """Of requests without a customer, which are left out."""


def column_type(name: str) -> str:
    """The type of a metric's column: whole tokens and requests fit the machine's own numbers."""
    places = column_places(name)
    return f"decimal(26, {places})" if places else "decimal(18, 0)"


def column_places(name: str) -> int:
    """Decimals of a metric's column."""
    return {"money": 12, "count": 0, "tokens": 0}.get(metric(name).kind, 6)


def load_customers(connection: "DuckDBPyConnection", selection: Selection, metrics: Sequence[str]) -> Population:
    """Fill the temporary table with the selected rows of the ledger; `metrics` are columns it must have."""
    query = Query()
    source = query.rows(connection, selection, [resolve(connection, "customer_id"), resolve(connection, "month")])
    names = list(dict.fromkeys([*ALWAYS, *metrics]))
    sums = ", ".join(f"cast(coalesce({metric(name).numerator}, 0) as {column_type(name)}) as {name}" for name in names)
    connection.execute(
        f"""
        create or replace temp table customer_use as
        {source}
        select
            key_0 as name, key_1 as month, {sums},
            arg_max(plan, (started_at, plan)) filter (where plan is not null) as plan,
            coalesce(sum(unpriced_calls), 0) as unpriced
        from keyed
        group by key_0, key_1
        """,
        query.parameters,
    )
    zeros = ", ".join(f"coalesce({name}, 0) as {name}" for name in names)
    # Most ledgers know no plans, and a window over every month is slow.
    has_plans = connection.execute("select count(plan) > 0 from customer_use").fetchone() == (True,)
    plan = "last_value(plan ignore nulls) over (partition by customer order by month)" if has_plans else "plan"
    connection.execute(
        """
        create or replace temp table customer as
        select cast(row_number() over (order by name) as integer) as customer, name, min(month) as first
        from customer_use where name is not null group by name
        """
    )
    connection.execute(
        f"""
        create or replace temp table {TABLE} as
        with
        months as (
            select cast(unnest(generate_series(min(first), $last, interval 1 month)) as date) as month from customer
        ),
        used as (select customer.customer, customer_use.* from customer_use join customer using (name))
        select customer, month, {zeros}, {plan} as plan, coalesce(unpriced, 0) as unpriced
        from (select customer, month from customer join months on months.month >= customer.first)
            left join used using (customer, month)
        """,
        {"last": _last_month(connection, selection)},
    )
    months = connection.execute(f"select distinct strftime(month, '%Y-%m') from {TABLE} order by 1").fetchall()
    counts = connection.execute(
        """
        select
            (select count(*) from customer),
            coalesce(sum(unpriced) filter (where name is not null), 0),
            coalesce(sum(cost) filter (where name is null), 0)
        from customer_use
        """
    ).fetchone() or (0, 0, Decimal(0))
    return Population(
        customers=int(counts[0]),
        months=tuple(row[0] for row in months),
        unpriced_requests=int(counts[1]),
        unattributed_cost=Decimal(counts[2]),
    )


def _last_month(connection: "DuckDBPyConnection", selection: Selection) -> date | None:
    """The last month of the period that the ledger has anything of, or anything later; None where nothing is selected."""
    row = connection.execute(
        "select (select max(month) from customer_use), (select max(started_at) from request)"
    ).fetchone()
    used, latest = row if row is not None else (None, None)
    until = selection.period.until
    ends = [] if latest is None else [latest.replace(tzinfo=UTC)]
    ends += [] if until is None else [until - timedelta(microseconds=1)]
    months = [] if not ends else [_month(min(ends).astimezone(selection.zone))]
    return max([*months, *([] if used is None else [used])], default=None)


def _month(instant: datetime) -> date:
    return instant.date().replace(day=1)
