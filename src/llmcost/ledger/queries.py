"""Group by anything: aggregates over requests, composed from the registries of dimensions and metrics."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from llmcost.domain.period import Period
from llmcost.domain.request import OWNERS
from llmcost.ledger.composition import Basis, Query, Selection, Top
from llmcost.ledger.exported_days import exported_time
from llmcost.ledger.groups import (
    Beside,
    Group,
    Identity,
    Number,
    aggregates,
    groups_of,
    places_of,
    sorted_groups,
    values_of,
)
from llmcost.ledger.keys import Key
from llmcost.ledger.metrics import Metric, outcome_names
from llmcost.ledger.outcomes import outcome_sums

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


_OWNER = f"coalesce({', '.join(OWNERS)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a report says about the rows it is made of."""

    rows: int
    first: datetime | None
    """Start of the earliest request, naive UTC."""
    last: datetime | None
    requests: int
    unpriced: int
    partly_unpriced: int
    """Those of them that only passes billed apart make so."""
    unpriced_rows: int
    """Rows whose cost is unknown, which exports have without a count of requests."""
    unpriced_reported: Decimal | None
    """What the logs claimed for requests whose cost is unknown."""
    unpriced_in: tuple[tuple[str, int], ...]
    """Other currencies than the ledger's that rows whose cost is unknown are stated in, and how many rows each."""
    estimated: int
    assumed_time: int
    unattributed_cost: Decimal | None
    """Cost of the rows whose first key is null; without keys, of those without any owner."""
    ingest_ids: tuple[int, ...]


def has_requests(connection: "DuckDBPyConnection", period: Period) -> bool:
    """Whether any request started in the period."""
    query = Query()
    found = connection.execute(
        f"select exists (select 1 from request where {query.within(period)})", query.parameters
    ).fetchone()
    return bool(found and found[0])


def has_exports(connection: "DuckDBPyConnection", period: Period, zone: tzinfo) -> bool:
    """Whether any aggregate of a provider or gateway starts in the period, its days being days in `zone`."""
    query = Query()
    found = connection.execute(
        f"""
        select exists (
            select 1 from (select {exported_time(connection, zone, "bucket_start")} as started_at from usage_bucket)
            where {query.within(period)}
        )
        """,
        query.parameters,
    ).fetchone()
    return bool(found and found[0])


def basis_of(connection: "DuckDBPyConnection", period: Period, zone: tzinfo) -> Basis:
    """Requests if the period has any, else exports if it has some."""
    if has_requests(connection, period) or not has_exports(connection, period, zone):
        return "requests"
    return "exports"


def has_value(connection: "DuckDBPyConnection", selection: Selection, key: Key) -> bool:
    """Whether any selected request has a value for the key."""
    query = Query()
    source = query.rows(connection, selection, [key])
    found = connection.execute(f"{source} select 1 from keyed where key_0 is not null limit 1", query.parameters)
    return found.fetchone() is not None


def first_start(connection: "DuckDBPyConnection", selection: Selection) -> datetime | None:
    """When the earliest selected request began, naive UTC; None without any."""
    query = Query()
    source = query.rows(connection, selection, [])
    found = connection.execute(f"{source} select min(started_at) from keyed", query.parameters).fetchone()
    return found[0] if found else None


def facts(connection: "DuckDBPyConnection", selection: Selection, key: Key | None = None) -> Facts:
    """What the selected rows are, and how much of their cost has no value for `key`; without one, no owner at all."""
    return facts_and_totals(connection, selection, key, ())[0]


def facts_and_totals(
    connection: "DuckDBPyConnection", selection: Selection, key: Key | None, metrics: Sequence[Metric]
) -> tuple[Facts, dict[str, Number | None]]:
    """`facts` and `totals` in one pass over the rows."""
    query = Query()
    # Every row has a time, so that there is nothing to look for.
    timed = key is not None and bool(key.grain)
    source = query.rows(connection, selection, [] if key is None or timed else [key])
    owner = "started_at" if timed else _OWNER if key is None else "key_0"
    unowned = f"coalesce(sum(cost) filter (where {owner} is null), 0) as unattributed_cost"
    columns = [*_FACTS, unowned, *values_of(metrics)]
    found = connection.execute(f"{source} select {', '.join(columns)} from keyed", query.parameters).fetchone()
    if found is None:  # an aggregate without groups always has one row
        raise RuntimeError("no facts")
    width = len(_FACTS) + 1
    unpriced_rows = found[8]
    reported, partly, elsewhere = _of_unpriced(connection, source, query) if unpriced_rows else (None, 0, None)
    told = Facts(
        rows=found[0],
        first=found[1],
        last=found[2],
        requests=int(found[3]),
        unpriced=int(found[4]),
        unpriced_reported=reported,
        estimated=int(found[5]),
        assumed_time=int(found[6]),
        ingest_ids=tuple(sorted(found[7])),
        unpriced_rows=int(unpriced_rows),
        partly_unpriced=int(partly),
        unpriced_in=tuple((elsewhere or {}).items()),
        unattributed_cost=found[9],
    )
    beside = _beside(connection, selection, [], metrics, None)
    (whole,) = groups_of([(*found[width:], found[0], 1, False)], 0, places_of(metrics), beside, {})
    return told, _whole(whole, metrics)


_FACTS = (
    "count(*) as row_count",
    "min(started_at) as first_start",
    "max(started_at) as last_start",
    "coalesce(sum(calls), 0) as requests",
    "coalesce(sum(unpriced_calls), 0) as unpriced",
    "coalesce(sum(estimated_calls), 0) as estimated",
    "coalesce(sum(calls) filter (where time_origin = 'assumed'), 0) as assumed_time",
    "coalesce(list(distinct ingest_id), []) as ingest_ids",
    "count(*) filter (where cost_status = 'unpriced') as unpriced_rows",
)


@dataclass(frozen=True, slots=True)
class LongBuckets:
    """Usage buckets for more than a day, all of which count when they begin."""

    buckets: int
    cost: Decimal | None
    """None where none of them has a known cost."""


def long_buckets(connection: "DuckDBPyConnection", selection: Selection) -> tuple[LongBuckets, LongBuckets]:
    """Those among the rows of a selection of exports, and those that begin before it and reach into it."""
    since, until = selection.period.since, selection.period.until
    query = Query()
    source = query.rows(connection, replace(selection, period=Period(until=until)), [])
    begun = "true" if since is None else f"started_at >= {query.bind(since.replace(tzinfo=None))}"
    reaching = "false" if since is None else f"long_until > {query.bind(since.replace(tzinfo=None))}"
    found = connection.execute(
        f"""
        {source}
        select
            count(*) filter (where {begun}), sum(cost) filter (where {begun}),
            count(*) filter (where not ({begun}) and {reaching}), sum(cost) filter (where not ({begun}) and {reaching})
        from keyed where long_until is not null
        """,
        query.parameters,
    ).fetchone() or (0, None, 0, None)
    return LongBuckets(found[0], found[1]), LongBuckets(found[2], found[3])


def _of_unpriced(connection: "DuckDBPyConnection", source: str, query: Query) -> tuple[Any, ...]:
    """What unpriced rows reported, how many calls are only partly unpriced, and which other currencies they report in."""
    return (
        connection.execute(
            f"""
            {source}
            select
                sum(claimed_cost),
                coalesce(sum(unpriced_calls) filter (where part > 0), 0),
                histogram(upper(reported_currency)) filter (where upper(reported_currency) <> 'USD')
            from keyed where cost_status = 'unpriced'
            """,
            query.parameters,
        ).fetchone()
        or ()
    )


def unattributed(
    connection: "DuckDBPyConnection", selection: Selection, keys: Sequence[Key]
) -> tuple[Decimal | None, list[Decimal]]:
    """The cost of the selected rows, None where none is known, and how much of it has no value for each key."""
    query = Query()
    source = query.rows(connection, selection, keys)
    without = [f"coalesce(sum(cost) filter (where key_{place} is null), 0)" for place in range(len(keys))]
    cost, *shares = (
        connection.execute(
            f"{source} select {', '.join(['sum(cost)', *without])} from keyed", query.parameters
        ).fetchone()
        or ()
    )
    return cost, shares


def totals(
    connection: "DuckDBPyConnection", selection: Selection, metrics: Sequence[Metric]
) -> dict[str, Number | None]:
    """Every metric over all selected rows; where no row was selected, what adds up is zero, not unknown."""
    groups, _ = grouped(connection, selection, [], metrics)
    return _whole(groups[0], metrics)


def _whole(group: Group, metrics: Sequence[Metric]) -> dict[str, Number | None]:
    """The values of everything as one group: shares of the total are whole."""
    shares = {metric.name: None if not group.values["cost"] else 1 for metric in metrics if metric.of_total}
    return {**group.values, **shares}


def rank(connection: "DuckDBPyConnection", selection: Selection, keys: Sequence[Key], count: int) -> Top:
    """The `count` most expensive groups, over the keys that are not spans of time, or all if all are."""
    ranked = tuple(index for index, key in enumerate(keys) if not key.grain) or tuple(range(len(keys)))
    query = Query()
    source = query.rows(connection, selection, [keys[index] for index in ranked])
    names = [f"key_{index}" for index in range(len(ranked))]
    texts = [query.text(keys[index], name) for index, name in zip(ranked, names, strict=True)]
    rows = connection.execute(
        f"""
        {source}
        select {", ".join(texts)}
        from keyed
        group by {", ".join(names)}
        order by sum(cost) desc nulls last, {", ".join(f"{name} nulls last" for name in names)}
        limit {query.bind(count)}
        """,
        query.parameters,
    ).fetchall()
    return Top(ranked=ranked, kept=tuple(rows))


def grouped(
    connection: "DuckDBPyConnection",
    selection: Selection,
    keys: Sequence[Key],
    metrics: Sequence[Metric],
    *,
    total: dict[str, Number | None] | None = None,
    top: Top | None = None,
    limit: int | None = None,
) -> tuple[list[Group], int]:
    """The groups by `keys` in report order, at most `limit`, and how many there are in all.

    `total` are the report's totals, which shares are taken of.
    """
    names = outcome_names(metrics)
    query = Query()
    source = query.labelled(connection, selection, keys, top)
    # A constant would be hashed with every row.
    ending = [] if top is None else ["other"]
    columns = [f"{query.text(key, f'key_{index}')} as text_{index}" for index, key in enumerate(keys)]
    places = places_of(metrics)
    columns += values_of(metrics)
    rows = connection.execute(
        f"""
        {source}
        select {", ".join([*columns, "count(*) as row_count", "count(*) over () as group_count", *(ending or ["false as other"])])}
        from facts
        group by {", ".join([*(f"key_{index}" for index in range(len(keys))), *ending])}
        {_order(keys, ending)}
        {"" if limit is None or names else f"limit {query.bind(limit)}"}
        """
        if keys
        else f"{source} select {', '.join([*columns, 'count(*) as row_count', '1 as group_count', 'false as other'])} from facts",
        query.parameters,
    ).fetchall()
    beside = _beside(connection, selection, keys, metrics, top)
    groups = groups_of(rows, len(keys), places, beside, total or {})
    if not names or not keys:
        return groups, rows[0][-2] if rows else 0
    present = {group.identity for group in groups}
    # What has outcomes and no request is a group as well: without its row the outcomes would not add up to their total.
    alone = dict.fromkeys(identity for sums in beside.outcomes.values() for identity in sums if identity not in present)
    cells = len(aggregates(metrics))
    if alone:
        empty = [(*identity[0], *[None] * cells, 0, 0, identity[1]) for identity in alone]
        groups = sorted_groups([*groups, *groups_of(empty, len(keys), places, beside, total or {})], keys)
    return groups[:limit], len(groups)


def _beside(
    connection: "DuckDBPyConnection",
    selection: Selection,
    keys: Sequence[Key],
    metrics: Sequence[Metric],
    top: Top | None,
) -> Beside:
    names = outcome_names(metrics)
    return Beside(
        peaks={
            metric.name: _peaks(connection, selection, keys, metric, top)
            for metric in metrics
            if metric.peak and selection.basis == "requests"
        },
        outcomes=outcome_sums(connection, selection, keys, names, top) if names else {},
    )


def _peaks(
    connection: "DuckDBPyConnection", selection: Selection, keys: Sequence[Key], metric: Metric, top: Top | None
) -> dict[Identity, Number | None]:
    """The largest value any minute has, by group."""
    query = Query()
    source = query.labelled(connection, selection, keys, top)
    names = [f"key_{index}" for index in range(len(keys))]
    texts = [query.text(key, name) for key, name in zip(keys, names, strict=True)]
    rows = connection.execute(
        f"""
        {source},
        minutes as (
            select {", ".join([*names, "other", f"{metric.numerator} as value"])}
            from facts
            group by {", ".join([*names, "other", "date_trunc('minute', started_at)"])}
        )
        select {", ".join([*texts, "other", "max(value)"])}
        from minutes
        group by {", ".join([*names, "other"])}
        """,
        query.parameters,
    ).fetchall()
    return {(tuple(row[:-2]), bool(row[-2])): row[-1] for row in rows}


def _order(keys: Sequence[Key], ending: Sequence[str]) -> str:
    """Time first if it leads; then cost; then keys; null and the row of all others, which `ending` tells, last."""
    leading = 0
    while leading < len(keys) and keys[leading].grain:
        leading += 1
    terms = [f"key_{index} nulls last" for index in range(leading)]
    terms += ending
    if not leading:
        terms.append("sum(cost) desc nulls last")
    terms += [f"key_{index} nulls last" for index in range(leading, len(keys))]
    return f"order by {', '.join(terms)}"


def price_lists(connection: "DuckDBPyConnection", ingest_ids: Sequence[int]) -> tuple[tuple[str, date | None], ...]:
    """The price lists those ingests rated with: content hash and date, newest first."""
    rows = connection.execute(
        """
        select distinct ingest.price_list, price_list.as_of
        from ingest left join price_list on ingest.price_list = price_list.price_list
        where list_contains(cast($ids as integer[]), ingest.ingest_id) and ingest.price_list is not null
        order by price_list.as_of desc nulls last, ingest.price_list
        """,
        {"ids": list(ingest_ids)},
    ).fetchall()
    return tuple((row[0], row[1]) for row in rows)


def rejected_lines(connection: "DuckDBPyConnection") -> int:
    """How many lines could not be read, in the whole ledger: a line that was not read has no time.

    Of equal lines as many count as the one file has that has most of them, as of equal calls; what has no hash is a place in a
    file, which a copy of the file has as well.
    """
    found = connection.execute(
        """
        select
            (select coalesce(sum(most), 0) from (
                select max(lines) as most
                from (select line_hash, count(*) as lines from reject where line_hash <> '' group by line_hash, file_id)
                group by line_hash
            ))
            + (select count(distinct (size, fingerprint, line)) from reject join file using (file_id) where line_hash = '')
        """
    ).fetchone()
    return int(found[0]) if found else 0
