"""Spending by scope: what many sets of conditions add up to, in one pass over the requests."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.domain.exact import EXACT
from llmcost.domain.period import Period
from llmcost.domain.request import LEAF_TOKENS, QUANTITIES
from llmcost.ledger.composition import Query, Selection
from llmcost.ledger.filters import Condition
from llmcost.ledger.keys import Key
from llmcost.ledger.parts import CALL, has_doubtful_parts

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection

Conditions = tuple[tuple[Key, Condition], ...]

TOKENS = " + ".join(f"coalesce({name}, 0)" for name in LEAF_TOKENS)
"""All tokens of one row."""
# Any other call has a price, which takes what was used, or is known to have used nothing.
_UNMEASURED = f"""
    case when cost_status in ('unpriced', 'billed') and coalesce({", ".join(f"cast({name} as double)" for name in QUANTITIES)}) is null
    then calls end as unmeasured
"""
_SUMS = ("unpriced_sums", "uncounted_sums", "unmeasured_sums")
_UNPRICED = f"case when cost_status = 'unpriced' then row({CALL}) end as unpriced_call"
MEASURES = {"cost": "coalesce(cost, 0)", "tokens": f"({TOKENS})", "requests": "coalesce(calls, 0)"}
"""What a budget may limit, by name: SQL over one row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What the rows of one scope add up to."""

    cost: Decimal = Decimal(0)
    """Of the requests whose cost is known."""
    tokens: int = 0
    requests: int = 0
    unpriced: int = 0
    """Requests whose cost is unknown."""
    unmeasured: int = 0
    """Requests of which nothing says what they used; 0 where that was not asked."""
    unpriced_sums: int = 0
    """Of exports: sums that do not say of how many requests, whose cost is unknown."""
    uncounted_sums: int = 0
    """Of exports: sums of days of a provider of which nothing says how many requests there were."""
    unmeasured_sums: int = 0
    """Of exports: sums of days of a provider of which nothing says what was used."""

    def __add__(self, other: "Spent") -> "Spent":
        """Both together."""
        return Spent(
            cost=EXACT.add(self.cost, other.cost),
            tokens=self.tokens + other.tokens,
            requests=self.requests + other.requests,
            unpriced=self.unpriced + other.unpriced,
            unmeasured=self.unmeasured + other.unmeasured,
            unpriced_sums=self.unpriced_sums + other.unpriced_sums,
            uncounted_sums=self.uncounted_sums + other.uncounted_sums,
            unmeasured_sums=self.unmeasured_sums + other.unmeasured_sums,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which rows count."""

    conditions: Conditions
    period: Period | None = None
    """Within the selection's; None for all of it."""


def spending(
    connection: "Connection",
    selection: Selection,
    scopes: Sequence[Scope],
    keys: Sequence[Key],
    *,
    unmeasured: bool = False,
) -> dict[tuple[str | None, ...], list[Spent]]:
    """What each scope adds up to, by the values of `keys`; a scope without rows has zeros.

    `unmeasured` counts requests of which nothing says what they used, too.
    """
    query = Query()
    source = query.rows(connection, selection, keys)
    marks = [
        f"({query.meets(scope.conditions)}){'' if scope.period is None else f' and {query.within(scope.period)}'} as in_{place}"
        for place, scope in enumerate(scopes)
    ]
    names = [f"key_{place}" for place in range(len(keys))]
    texts = [query.text(key, name) for key, name in zip(keys, names, strict=True)]
    others = _SUMS if selection.basis == "exports" else ("unmeasured",) if unmeasured else ()
    counted = _SUMS if selection.basis == "exports" else (_UNMEASURED,) if unmeasured else ()
    unpriced, marked = "sum(case when in_{place} then unpriced_calls end)", "unpriced_calls"
    if selection.basis == "requests" and has_doubtful_parts(connection):
        # A call counts once in every scope that any of its unpriced passes is in.
        unpriced, marked = "count(distinct case when in_{place} then unpriced_call end)", _UNPRICED
    sums = [
        part
        for place in range(len(scopes))
        for part in (
            # `case` is many times faster here than `filter (where ...)`, which filters anew for each of the sums.
            f"sum(case when in_{place} then cost end)",
            f"sum(case when in_{place} then tokens end)",
            f"sum(case when in_{place} then calls end)",
            unpriced.format(place=place),
            *(f"sum(case when in_{place} then {name} end)" for name in others),
        )
    ]
    rows = connection.execute(
        f"""
        {source},
        marked as (
            select {", ".join([*names, "cost", "calls", marked, f"{TOKENS} as tokens", *counted, *marks])}
            from keyed
        )
        select {", ".join([*texts, *sums])}
        from marked
        {f"group by {', '.join(names)}" if names else ""}
        """,
        query.parameters,
    ).fetchall()
    width, each = len(keys), 4 + len(others)
    return {
        tuple(None if value is None else str(value) for value in row[:width]): [
            _spent(row[start : start + each], others) for start in range(width, len(row), each)
        ]
        for row in rows
    }


def crossing(
    connection: "Connection", selection: Selection, measure: str, before: Decimal, limit: Decimal
) -> datetime | None:
    """When the selected rows, added to `before` in the order of their time, reach the limit; naive UTC.

    `measure` is one of `MEASURES`. None when they do not reach it.
    """
    query = Query()
    source = query.rows(connection, selection, [])
    found = connection.execute(
        f"""
        {source},
        instants as (
            select started_at, sum({MEASURES[measure]}) as amount
            from keyed
            group by started_at
        ),
        running as (select started_at, sum(amount) over (order by started_at) as total from instants)
        select min(started_at)
        from running
        where total + {query.bind(before)} >= {query.bind(limit)}
        """,
        query.parameters,
    ).fetchone()
    return found[0] if found else None


def crossings(
    connection: "Connection", selection: Selection, measure: str, limit: Decimal, keys: Sequence[Key]
) -> dict[tuple[str | None, ...], datetime]:
    """When each value of `keys` reaches the limit, in naive UTC; those that do not are left out."""
    query = Query()
    source = query.rows(connection, selection, keys)
    names = ", ".join(f"key_{place}" for place in range(len(keys)))
    same = " and ".join(f"keyed.key_{place} is not distinct from reached.key_{place}" for place in range(len(keys)))
    limit_ = query.bind(limit)
    # The day first: then only the instants of that day have to be put in order.
    rows = connection.execute(
        f"""
        {source},
        days as (
            select {names}, date_trunc('day', started_at) as day, sum({MEASURES[measure]}) as amount
            from keyed
            group by {names}, day
        ),
        counted as (
            select *, sum(amount) over (partition by {names} order by day) as total from days
        ),
        reached as (
            select {names}, min(day) as day, arg_min(total - amount, day) as before
            from counted
            where total >= {limit_}
            group by {names}
        ),
        instants as (
            select {", ".join(f"keyed.key_{place}" for place in range(len(keys)))}, started_at, before, sum({MEASURES[measure]}) as amount
            from keyed
            join reached on {same} and date_trunc('day', started_at) = day
            group by all
        ),
        running as (
            select {names}, started_at, before + sum(amount) over (partition by {names} order by started_at) as total
            from instants
        )
        select {names}, min(started_at)
        from running
        where total >= {limit_}
        group by {names}
        """,
        query.parameters,
    ).fetchall()
    return {tuple(None if value is None else str(value) for value in row[:-1]): row[-1] for row in rows}


def bounds(connection: "Connection", selection: Selection) -> tuple[datetime, datetime] | None:
    """Start of the first and of the last selected row, naive UTC; None without any."""
    query = Query()
    source = query.rows(connection, replace(selection, conversion=None), [])
    first, last = connection.execute(
        f"{source} select min(started_at), max(started_at) from keyed", query.parameters
    ).fetchone() or (None, None)
    return None if first is None or last is None else (first, last)


def _spent(cells: Sequence[object], more: Sequence[str]) -> Spent:
    cost, tokens, requests, unpriced, *counts = cells
    return Spent(
        cost=cost if isinstance(cost, Decimal) else Decimal(0),
        tokens=int(str(tokens or 0)),
        requests=int(str(requests or 0)),
        unpriced=int(str(unpriced or 0)),
        **{name: int(str(count or 0)) for name, count in zip(more, counts, strict=True)},
    )
