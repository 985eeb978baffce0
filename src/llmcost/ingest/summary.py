"""What the ledger holds after an ingest: period, cost, what has no price, and which tag filled which column."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.domain.doubled import Doubled
from llmcost.ingest.result import Filled, LedgerSummary
from llmcost.ledger.doubles import doubled
from llmcost.ledger.identifiers import json_pointer, quote_literal
from llmcost.ledger.parts import counts

if TYPE_CHECKING:
    from llmcost.ledger.database import Connection

_SHOWN = ("customer_id", "user_id", "team", "feature", "environment", "business_unit", "endpoint")


def summarise(connection: "Connection", attribution: Mapping[str, Sequence[str]]) -> LedgerSummary:
    """Read the attached ledger."""
    counted = counts(connection, ledger="ledger.request")
    requests, first, last, cost, unpriced, assumed = connection.execute(
        f"""
        select count(*) filter (part = 0), min(started_at), max(started_at), sum(cost),
               count(*) filter (cost_status = 'unpriced' and {counted}), count(*) filter (time_origin = 'assumed' and part = 0)
        from ledger.request
        """
    ).fetchone() or (0, None, None, None, 0, 0)
    models = connection.execute(
        f"""
        select coalesce(model, '(no model)') || case when cost_reason = 'unknown model' then '' else ', ' || cost_reason end,
               count(*)
        from ledger.request
        where cost_status = 'unpriced' and {counted} group by all order by count(*) desc, 1 limit 5
        """
    ).fetchall()
    bucket_sources = connection.execute(
        "select source, count(*), min(bucket_start), max(bucket_end) from ledger.usage_bucket group by source "
        "order by count(*) desc, source"
    ).fetchall()
    return LedgerSummary(
        requests=requests,
        buckets=sum(row[1] for row in bucket_sources),
        first_bucket=min((row[2] for row in bucket_sources), default=None),
        last_bucket=max((row[3] for row in bucket_sources), default=None),
        bucket_sources=tuple((row[0], row[1]) for row in bucket_sources),
        first=first,
        last=last,
        cost=cost,
        unpriced_requests=unpriced,
        unpriced_models=tuple(models),
        filled=_filled(connection, attribution, requests) if requests else (),
        assumed_times=assumed,
        doubled=_doubled(connection),
    )


def _doubled(connection: "Connection") -> tuple[Doubled, ...]:
    """Of the time of the latest run's requests alone: the whole ledger would be looked through again and again."""
    since, until = connection.execute(
        "select min(started_at) - interval 4 second, max(started_at) + interval 4 second from ledger.request "
        "where ingest_id = (select max(ingest_id) from ledger.ingest)"
    ).fetchone() or (None, None)
    return () if since is None else doubled(connection, since=since, until=until)


def _filled(connection: "Connection", attribution: Mapping[str, Sequence[str]], requests: int) -> tuple[Filled, ...]:
    keys = [(name, key) for name in _SHOWN for key in attribution.get(name, ())]
    pointers = ", ".join(quote_literal(json_pointer(key)) for _, key in keys)
    place = {pair: number for number, pair in enumerate(keys, 1)}
    counts = []
    for name, key in keys:
        earlier = [
            f"tag_values[{place[name, other]}] is null"
            for other in attribution[name]
            if place[name, other] < place[name, key]
        ]
        present = " and ".join([f"tag_values[{place[name, key]}] is not null", *earlier])
        counts.append(f"coalesce(sum(requests) filter ({present}), 0)")
    # A ledger has few distinct tags, and reading them is what costs.
    row = (
        connection.execute(
            f"select {', '.join(counts)} from (select json_extract_string(tags, [{pointers}]) as tag_values, requests "
            "from (select tags, count(*) filter (part = 0) as requests from ledger.request where tags is not null group by tags))"
        ).fetchone()
        or ()
    )
    return tuple(
        Filled(dimension=name, key=key, share=Decimal(int(count)) / requests)
        for (name, key), count in zip(keys, row, strict=True)
        if count
    )
