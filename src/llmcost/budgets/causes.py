"""What made a budget be reached: the change since the same stretch of the period before, taken apart."""

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.budgets.budget import Measure
from llmcost.budgets.periods import window_before
from llmcost.budgets.spending import Values, Watched, selection
from llmcost.budgets.status import Cause
from llmcost.config.settings import Settings
from llmcost.domain.exact import EXACT
from llmcost.domain.period import Period
from llmcost.ledger.cells import Cell, cells, distinct_values
from llmcost.ledger.composition import Basis, Selection
from llmcost.ledger.filters import Condition
from llmcost.ledger.keys import resolve
from llmcost.stats.decomposition import Segment, Usage, decomposed

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection

_CANDIDATES = ("customer_id", "feature", "environment", "team", "user_id", "virtual_account", "api_key_id", "source")
"""What segments are told by, the first two that differ among the requests of a scope."""
_MOST = 40
"""Segments told apart; the others are one."""
OTHERS = "(other)"


def cause(connection: "Connection", settings: Settings, one: Watched, values: Values, basis: Basis) -> Cause:
    """The change of what a budget counts, from the same stretch of the period before to this one."""
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
    found = cells(connection, chosen, earlier, one.period, keys, priced=one.budget.measure == "cost")
    pairs: dict[tuple[Segment, str | None], list[Usage]] = {}
    kept = _largest(found, one.budget.measure)
    for cell in found:
        segment = cell.keys if cell.keys in kept else tuple(OTHERS for _ in cell.keys)
        pair = pairs.setdefault((segment, cell.model), [Usage(), Usage()])
        pair[cell.later] = _sum(pair[cell.later], _usage(cell, one.budget.measure))
    return Cause(
        by=tuple(names),
        since=before.since,
        until=earlier.until or before.until,
        change=decomposed({key: (pair[0], pair[1]) for key, pair in pairs.items()}, places=20),
    )


def _segments(connection: "Connection", chosen: Selection, per: tuple[str, ...]) -> tuple[str, ...]:
    names = [name for name in _CANDIDATES if name not in per]
    counts = distinct_values(connection, chosen, [resolve(connection, name) for name in names])
    varied = [name for name, count in zip(names, counts, strict=True) if count > 1]
    return tuple(varied[:2]) or ("provider",)


def _largest(found: list[Cell], measure: Measure) -> set[Segment]:
    """The segments that changed most."""
    changes: dict[Segment, Decimal] = {}
    for cell in found:
        amount = _usage(cell, measure).cost
        changes[cell.keys] = EXACT.add(changes.get(cell.keys, Decimal(0)), amount if cell.later else -amount)
    order = sorted(changes, key=lambda keys: (-abs(changes[keys]), tuple(value or "" for value in keys)))
    return set(order[:_MOST])


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


def _sum(one: Usage, other: Usage) -> Usage:
    return Usage(
        requests=one.requests + other.requests,
        served=one.served + other.served,
        input_tokens=one.input_tokens + other.input_tokens,
        cached_tokens=one.cached_tokens + other.cached_tokens,
        output_tokens=one.output_tokens + other.output_tokens,
        input_cost=EXACT.add(one.input_cost, other.input_cost),
        cached_cost=EXACT.add(one.cached_cost, other.cached_cost),
        output_cost=EXACT.add(one.output_cost, other.output_cost),
        cost=EXACT.add(one.cost, other.cost),
    )
