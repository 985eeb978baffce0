"""A run that rates rows, noted in the ledger: which price list, when, by which llmcost."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from llmcost import __version__
from llmcost.pricing.price_list import PriceList, snapshot

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection


def record_run(connection: "Connection", price_list: PriceList, arguments: Mapping[str, Any]) -> int:
    """Write the run and, if it is new, its price list into the attached ledger. Returns the run's number."""
    (last,) = connection.execute("select coalesce(max(ingest_id), 0) from ledger.ingest").fetchone() or (0,)
    number = int(last) + 1
    now = datetime.now(UTC).replace(tzinfo=None)
    connection.execute(
        "insert into ledger.ingest values (?, ?, ?, ?, ?)",
        [number, now, __version__, price_list.version, json.dumps(dict(arguments))],
    )
    connection.execute(
        "insert into ledger.price_list select $version, $as_of, $now, $sources, $content "
        "where not exists (select 1 from ledger.price_list where price_list = $version)",
        {
            "version": price_list.version,
            "as_of": price_list.as_of,
            "now": now,
            "sources": json.dumps(dict(price_list.sources)),
            "content": snapshot(price_list),
        },
    )
    return number
