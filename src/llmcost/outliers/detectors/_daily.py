"""Cost by day and scope, for the detectors that read series: all traffic, and each value of what calls are for; and by hour."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from llmcost.domain.text import plural
from llmcost.outliers.finding import Query
from llmcost.outliers.traffic import Traffic


class Series(NamedTuple):
    """The cost of every day from the first to the last day of the traffic, days without calls as 0."""

    scope: tuple[tuple[str, str | None], ...]
    first: date
    costs: list[Decimal]
    requests: list[int]
    unpriced: list[int]
    """Requests of unknown cost among them, in no amount."""

    def hiding(self, before: slice, since: slice) -> str:
        """Words that follow a rise where half of the requests a day of unknown cost, or more, are gone: it may be that more is known."""
        then, now = self.unpriced[before], self.unpriced[since]
        count = sum(then)
        if not count or 2 * sum(now) * len(then) > count * len(now):
            return ""
        return f"; {plural(count, 'request')} before {'has' if count == 1 else 'have'} no known price"

    def day(self, place: int) -> date:
        """The date of a value."""
        return self.first + timedelta(days=place)


def daily(traffic: Traffic) -> tuple[Query, list[Series]]:
    """The series, all traffic first, each from its own first day; the last day of the traffic may not be over."""
    dimension = traffic.task or "model"
    query = Query(
        sql=f"""
        select
            grouping({dimension}) as whole, {dimension} as value, day, sum(cost) as cost,
            cast(sum(calls) as bigint) as requests, cast(sum(unpriced_calls) as bigint) as unpriced
        from waste_row
        group by grouping sets ((day), ({dimension}, day))
        order by whole desc, value nulls last, day
        """
    )
    return query, list(_series(traffic, dimension, traffic.ask(query)))


class Hours(NamedTuple):
    """The cost of every hour from the first to the last of all traffic, hours without calls as 0."""

    first: datetime
    """Naive UTC."""
    costs: list[Decimal]
    requests: list[int]

    def hour(self, place: int) -> datetime:
        """When an hour began."""
        return self.first + timedelta(hours=place)


def hourly(traffic: Traffic) -> tuple[Query, Hours]:
    """The hours of all traffic, of which there is some."""
    query = Query(
        sql="""
        select date_trunc('hour', started_at) as hour, sum(cost) as cost, cast(sum(calls) as bigint) as requests
        from waste_row
        group by all
        order by hour
        """
    )
    found = {row["hour"]: (row["cost"], row["requests"]) for row in traffic.ask(query)}
    first = min(found)
    count = (max(found) - first) // timedelta(hours=1) + 1
    whole = [found.get(first + timedelta(hours=place), (Decimal(0), 0)) for place in range(count)]
    return query, Hours(first, [cost for cost, _ in whole], [requests for _, requests in whole])


def _series(traffic: Traffic, dimension: str, rows: list[dict[str, object]]) -> Iterator[Series]:
    if traffic.last is None:
        return
    end = traffic.day_of(traffic.last)
    found: dict[tuple[tuple[str, str | None], ...], dict[date, tuple[Decimal, int, int]]] = {}
    for row in rows:
        value = row["value"]
        if not row["whole"] and value is None:
            continue
        scope: tuple[tuple[str, str | None], ...] = () if row["whole"] else ((dimension, str(value)),)
        day = row["day"]
        if isinstance(day, date):
            counts = int(str(row["requests"])), int(str(row["unpriced"]))
            found.setdefault(scope, {})[day] = (Decimal(str(row["cost"])), *counts)
    for scope, days in found.items():
        first = min(days)
        nothing = Decimal(0), 0, 0
        whole = [days.get(first + timedelta(days=place), nothing) for place in range((end - first).days + 1)]
        costs, requests, unpriced = (list(column) for column in zip(*whole, strict=True))
        yield Series(scope, first, costs, requests, unpriced)
