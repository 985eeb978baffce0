"""What a change of spend is made of: volume, mix, errors, tokens per request, cache and price, by segment, exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmcost.domain.period import Period, previous_period
from llmcost.ledger.cells import Cell, cells
from llmcost.ledger.composition import Selection
from llmcost.ledger.conditions import conditions
from llmcost.ledger.keys import resolve
from llmcost.stats.decomposition import Decomposition, Segment, Usage, decomposed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from llmcost.ledger.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A change between two periods, taken apart."""

    by: tuple[str, ...]
    before: Period
    after: Period
    change: Decomposition


def explain(connection: Connection, period: Period, zone: tzinfo, by: Sequence[str], where: Sequence[str]) -> Explained:
    """The change from the period before to this one; UsageError for a key nobody knows or a period without bounds."""
    before = previous_period(period, zone)
    chosen = Selection(
        period=Period(since=before.since, until=period.until),
        zone=zone,
        basis="requests",
        conditions=conditions(connection, where),
    )
    pairs: dict[tuple[Segment, str | None], list[Usage]] = {}
    for cell in cells(connection, chosen, before, period, [resolve(connection, name) for name in by], amount="cost"):
        pairs.setdefault((cell.keys, cell.model), [Usage(), Usage()])[cell.later] = _usage(cell)
    return Explained(
        by=tuple(by),
        before=before,
        after=period,
        change=decomposed({key: (pair[0], pair[1]) for key, pair in pairs.items()}, places=20),
    )


def _usage(cell: Cell) -> Usage:
    return Usage(
        requests=cell.requests,
        served=cell.served,
        input_tokens=cell.tokens - cell.cached_tokens - cell.output_tokens,
        cached_tokens=cell.cached_tokens,
        output_tokens=cell.output_tokens,
        input_cost=cell.input_cost,
        cached_cost=cell.cached_cost,
        output_cost=cell.output_cost,
        cost=cell.cost,
    )
