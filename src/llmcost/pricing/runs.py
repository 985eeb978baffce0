"""A run that rates rows, noted in the ledger: which price list, when, by which llmcost."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from llmcost import __version__
from llmcost.pricing.price_list import Models, PriceList, models_kept, snapshot

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection


def record_run(connection: "Connection", price_list: PriceList, arguments: Mapping[str, Any]) -> int:
    """Write the run and the price list it uses into the attached ledger. Returns the run's number."""
    (last,) = connection.execute("select coalesce(max(ingest_id), 0) from ledger.ingest").fetchone() or (0,)
    number = int(last) + 1
    now = datetime.now(UTC).replace(tzinfo=None)
    connection.execute(
        "insert into ledger.ingest values (?, ?, ?, ?, ?)",
        [number, now, __version__, price_list.version, json.dumps(dict(arguments))],
    )
    keep_prices(connection, price_list)
    return number


def keep_prices(connection: "Connection", price_list: PriceList) -> None:
    """Keep, in the attached ledger, every model of the price list that was looked up so far.

    The list has thousands, and a ledger needs those that explain its rows.
    """
    stored = connection.execute(
        "select content from ledger.price_list where price_list = $version", {"version": price_list.version}
    ).fetchone()
    used = price_list.models.looked_up if isinstance(price_list.models, Models) else frozenset(price_list.models)
    known = frozenset() if stored is None else models_kept(stored[0])
    if stored is not None and used <= known:
        return
    content = snapshot(price_list, used | known)
    if stored is not None:
        connection.execute(
            "update ledger.price_list set content = $content where price_list = $version",
            {"version": price_list.version, "content": content},
        )
        return
    connection.execute(
        "insert into ledger.price_list values ($version, $as_of, $now, $sources, $content)",
        {
            "version": price_list.version,
            "as_of": price_list.as_of,
            "now": datetime.now(UTC).replace(tzinfo=None),
            "sources": json.dumps(dict(price_list.sources)),
            "content": content,
        },
    )
