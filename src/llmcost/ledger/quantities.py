"""Quantities and amounts of the ledger by small stretches of time, for what is charged beside the calls themselves."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.ledger.identifiers import quote_identifier

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_COMPUTED = "cost_status in ('priced', 'estimated')"


def span(connection: "DuckDBPyConnection") -> tuple[datetime, datetime] | None:
    """Start of the first and of the last request, naive UTC; None without any."""
    first, last = connection.execute("select min(started_at), max(started_at) from request").fetchone() or (None, None)
    return None if first is None or last is None else (first, last)


def usage_by_quarter_hour(
    connection: "DuckDBPyConnection", *, column: str, provider: str, since: datetime, until: datetime
) -> list[tuple[datetime, str, Decimal]]:
    """What was charged for: (start of the quarter of an hour, price id, quantity), by time and price id.

    Every time zone's days begin with one. Times are naive UTC; calls whose cost is not computed are left out.
    """
    quantity = quote_identifier(column)
    return connection.execute(
        f"""
        select
            time_bucket(interval '15 minutes', started_at)    as quarter,
            price_id,
            cast(sum({quantity}) as decimal(38, 6))           as quantity
        from request
        where provider = $provider and started_at >= $since and started_at < $until and {_COMPUTED} and {quantity} > 0
        group by all
        order by all
        """,
        {"provider": provider, "since": since, "until": until},
    ).fetchall()


def computed_costs(
    connection: "DuckDBPyConnection", *, provider: str, model: str, parts: Sequence[tuple[datetime, datetime]]
) -> dict[datetime, Decimal]:
    """Computed cost of a model's calls in each part of time, by its start; nothing for a part without calls.

    Times are naive UTC, an end is exclusive, and no part lies in another.
    """
    starts, ends = zip(*parts, strict=True)
    return dict(
        connection.execute(
            f"""
            select since, sum(cost)
            from request
            asof join (select unnest($starts) as since, unnest($ends) as until) as part on started_at >= since
            where provider = $provider and model = $model and started_at < until and {_COMPUTED}
            group by all
            """,
            {"provider": provider, "model": model, "starts": list(starts), "ends": list(ends)},
        ).fetchall()
    )
