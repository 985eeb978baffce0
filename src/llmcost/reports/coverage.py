"""What the numbers of a report are made of, and what they leave out."""

from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING

from llmcost.ledger import queries
from llmcost.ledger.composition import Selection
from llmcost.ledger.filters import Condition
from llmcost.ledger.keys import resolve
from llmcost.ledger.metrics import metric
from llmcost.reports.record import Coverage

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection

_NONE = queries.LongBuckets(0, None)


def coverage(connection: "Connection", chosen: Selection, facts: queries.Facts) -> Coverage:
    """The coverage of the selected rows."""
    exports = chosen.basis == "exports"
    inside, before = queries.long_buckets(connection, chosen) if exports else (_NONE, _NONE)
    return Coverage(
        requests=facts.requests,
        unpriced_requests=facts.unpriced,
        partly_unpriced_requests=facts.partly_unpriced,
        unpriced_reported=facts.unpriced_reported,
        unpriced_models=_unpriced_models(connection, chosen) if facts.unpriced_rows else (),
        estimated_requests=facts.estimated,
        assumed_time_requests=facts.assumed_time,
        rejected=queries.rejected_lines(connection),
        unattributed_cost=facts.unattributed_cost,
        first=None if facts.first is None else facts.first.replace(tzinfo=UTC),
        last=None if facts.last is None else facts.last.replace(tzinfo=UTC),
        buckets=facts.rows if exports else 0,
        unpriced_buckets=facts.unpriced_rows if exports else 0,
        unpriced_buckets_in=facts.unpriced_in if exports else (),
        long_buckets=inside.buckets,
        long_buckets_cost=inside.cost,
        earlier_buckets=before.buckets,
        earlier_buckets_cost=before.cost,
    )


def _unpriced_models(connection: "Connection", chosen: Selection) -> tuple[tuple[str, int], ...]:
    """The models whose requests have no known cost, most requests first."""
    unpriced = resolve(connection, "cost_status"), Condition(key="cost_status", operator="=", values=("unpriced",))
    groups, _ = queries.grouped(
        connection,
        replace(chosen, conditions=(*chosen.conditions, unpriced)),
        [resolve(connection, "model")],
        [metric("unpriced_requests")],
    )
    counted = [(group.keys[0] or "no model", int(group.values["unpriced_requests"] or 0)) for group in groups]
    return tuple(sorted(counted, key=lambda item: (-item[1], item[0])))
