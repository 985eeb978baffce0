"""What a change of spend is made of: volume, mix, errors, tokens per request, cache and price, by segment, exactly."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from llmcost.domain.period import Period, previous_period
from llmcost.ledger import queries
from llmcost.ledger.cells import Cell, cells
from llmcost.ledger.composition import Selection
from llmcost.ledger.conditions import conditions
from llmcost.ledger.keys import resolve
from llmcost.ledger.metrics import metric
from llmcost.stats.decomposition import Decomposition, Segment, Usage, decomposed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo
    from decimal import Decimal

    from llmcost.ledger.connection import Connection
    from llmcost.ledger.keys import Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The requests of one period, and those of unknown cost among them, which are in no amount."""

    requests: int = 0
    unpriced: int = 0

    def known(self, amount: Decimal) -> Decimal | None:
        """What they cost; None where that is nothing but of unknown cost."""
        return None if not amount and self.unpriced else amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A change between two periods, taken apart."""

    by: tuple[str, ...]
    before: Period
    after: Period
    change: Decomposition
    counted: Mapping[Segment, tuple[Counted, Counted]]
    """Before and after, by segment."""

    @property
    def all_counted(self) -> tuple[Counted, Counted]:
        """Before and after, of all segments."""
        before, after = (
            Counted(
                requests=sum(pair[side].requests for pair in self.counted.values()),
                unpriced=sum(pair[side].unpriced for pair in self.counted.values()),
            )
            for side in (0, 1)
        )
        return before, after


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
    keys = [resolve(connection, name) for name in by]
    for cell in cells(connection, chosen, before, period, keys, amount="cost"):
        pairs.setdefault((cell.keys, cell.model), [Usage(), Usage()])[cell.later] = _usage(cell)
    return Explained(
        by=tuple(by),
        before=before,
        after=period,
        change=decomposed({key: (pair[0], pair[1]) for key, pair in pairs.items()}, places=20),
        counted=_counted(connection, [replace(chosen, period=one) for one in (before, period)], keys),
    )


def _counted(
    connection: Connection, sides: Sequence[Selection], keys: Sequence[Key]
) -> dict[Segment, tuple[Counted, Counted]]:
    found: dict[Segment, list[Counted]] = {}
    metrics = [metric("requests"), metric("unpriced_requests")]
    for place, side in enumerate(sides):
        for group in queries.grouped(connection, side, keys, metrics)[0]:
            requests, unpriced = (int(group.values[one.name] or 0) for one in metrics)
            pair = found.setdefault(group.keys, [Counted(), Counted()])
            pair[place] = Counted(requests=requests, unpriced=unpriced)
    return {segment: (before, after) for segment, (before, after) in found.items()}


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
