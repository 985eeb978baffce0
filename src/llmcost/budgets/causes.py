"""What made a budget be reached: the change since the same stretch of the period before, taken apart."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.budgets.budget import Measure
from llmcost.budgets.periods import reaches_back, window_before
from llmcost.budgets.spending import Values, Watched, selection
from llmcost.budgets.status import Cause
from llmcost.config.settings import Settings
from llmcost.domain.period import Period
from llmcost.ledger import queries
from llmcost.ledger.cells import Cell, cells, distinct_values
from llmcost.ledger.composition import Basis, Selection
from llmcost.ledger.filters import Condition
from llmcost.ledger.keys import resolve
from llmcost.ledger.metrics import metric
from llmcost.stats.decomposition import Segment, Usage, decomposed

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection

_CANDIDATES = ("customer_id", "feature", "environment", "team", "user_id", "virtual_account", "api_key_id", "source")
"""What segments are told by, the first two that differ among the requests of a scope."""
_MOST = 40
"""Segments told apart; the others are one."""


def cause(
    connection: "Connection",
    settings: Settings,
    one: Watched,
    values: Values,
    basis: Basis,
    *,
    begins: datetime | None,
) -> Cause:
    """The change of what a budget counts, from the same stretch of the period before to this one.

    `begins` is the start of the ledger's first request, before which nothing is known.
    """
    before = window_before(one.budget.period, one.window)
    now = one.period.until or one.window.until
    earlier = Period(since=before.since, until=min(before.since + (now - one.window.since), before.until))
    span = Period(since=before.since, until=now)
    own = tuple(
        (key, Condition(key=key.name, operator="=", values=(value,)))
        for key, value in zip(one.keys, values, strict=True)
    )
    chosen = selection(
        settings,
        basis,
        span,
        zone=one.budget.period.zone,
        currency=one.budget.currency,
        conditions=(*one.conditions, *own),
    )
    names = one.budget.segments or _segments(connection, replace(chosen, period=one.period), one.budget.per)
    keys = [resolve(connection, name) for name in names]
    measure = one.budget.measure
    found = cells(connection, chosen, earlier, one.period, keys, amount=measure, most=_MOST)
    pairs: dict[tuple[Segment, str | None], list[Usage]] = {}
    for cell in found:
        pairs.setdefault((cell.keys, cell.model), [Usage(), Usage()])[cell.later] = _usage(cell, measure)
    return Cause(
        by=tuple(names),
        since=before.since,
        until=earlier.until or before.until,
        complete=reaches_back(begins, before.since),
        change=decomposed({key: (pair[0], pair[1]) for key, pair in pairs.items()}, places=20),
        unpriced_before=_unpriced(connection, replace(chosen, period=earlier)) if measure == "cost" else 0,
    )


def _unpriced(connection: "Connection", chosen: Selection) -> int:
    """Requests whose cost is not known."""
    return int(queries.totals(connection, chosen, [metric("unpriced_requests")])["unpriced_requests"] or 0)


def _segments(connection: "Connection", chosen: Selection, per: tuple[str, ...]) -> tuple[str, ...]:
    names = [name for name in _CANDIDATES if name not in per]
    counts = distinct_values(connection, chosen, [resolve(connection, name) for name in names])
    varied = [name for name, count in zip(names, counts, strict=True) if count > 1]
    return tuple(varied[:2]) or ("provider",)


def _usage(cell: Cell, measure: Measure) -> Usage:
    """A cell as usage; where tokens or requests are counted, a token or a request costs 1."""
    fresh = cell.tokens - cell.cached_tokens - cell.output_tokens
    if measure == "requests":
        return Usage(requests=cell.requests, served=cell.requests, cost=Decimal(cell.requests))
    priced = measure == "cost"
    return Usage(
        requests=cell.requests,
        served=cell.served,
        input_tokens=fresh,
        cached_tokens=cell.cached_tokens,
        output_tokens=cell.output_tokens,
        input_cost=cell.input_cost if priced else Decimal(fresh),
        cached_cost=cell.cached_cost if priced else Decimal(cell.cached_tokens),
        output_cost=cell.output_cost if priced else Decimal(cell.output_tokens),
        cost=cell.cost if priced else Decimal(cell.tokens),
    )
