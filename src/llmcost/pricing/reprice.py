"""Rate stored requests again with the price list of today, and say by model and month what that changes.

Nothing but the requests themselves decides the result: each row's new cost depends on that row and the price list alone.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from llmcost.domain.period import Period
from llmcost.domain.request import COLUMNS
from llmcost.ledger import database, locks
from llmcost.ledger.composition import Query, Selection
from llmcost.ledger.conditions import conditions
from llmcost.ledger.filters import Condition
from llmcost.ledger.interrupts import interruptible
from llmcost.ledger.keys import resolve
from llmcost.ledger.migrations import transaction
from llmcost.pricing.price_list import PriceList
from llmcost.pricing.rating import RATED, declare_bills, prepare_rates, rated_select
from llmcost.pricing.runs import record_run

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection

_EVERYTHING = Period()
_REWRITTEN = ("provider", *RATED)
_NEW = "llmcost_repriced"


@dataclass(frozen=True, slots=True, kw_only=True)
class RepriceRequest:
    """Which rows to rate again, and with what."""

    ledger: Path
    price_list: PriceList
    bills: frozenset[str] = frozenset()
    """Reporters whose claimed cost is the bill."""
    period: Period = _EVERYTHING
    zone: tzinfo = UTC
    where: Sequence[str] = ()
    """`--where` terms, all of which must hold."""
    models: Sequence[str] = ()
    """Models as the ledger has them now; none for all."""
    override_lock: bool = False
    wait: float = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChange:
    """Rows whose cost status changed."""

    before: str
    after: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What happens to the rows of one model in one month."""

    month: str | None
    """None: all months and models together."""
    model: str | None
    """As rated now."""
    rows: int
    """In scope, whether or not they change."""
    changed: int
    old_cost: Decimal | None
    """Of all those rows; None where none had a known cost."""
    new_cost: Decimal | None
    statuses: tuple[StatusChange, ...] = field(default=())

    @property
    def difference(self) -> Decimal:
        """New minus old; an unknown cost adds nothing."""
        return (self.new_cost or Decimal(0)) - (self.old_cost or Decimal(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """What rating again changes; equal diffs of one ledger mean that nothing happened in between."""

    price_list: str
    as_of: str
    total: Change
    changes: tuple[Change, ...]
    """By month, the largest difference first; only where a row changes."""
    locked_until: datetime | None
    """The lock in force, naive UTC."""
    locked: int
    """Rows in scope before it: left as they are, or overridden."""
    locked_changed: int
    """Those of them that change; 0 unless the lock is overridden."""


def preview(request: RepriceRequest) -> Diff:
    """What `reprice` would do, with the ledger open for reading only."""
    with database.reading(request.ledger, wait=request.wait) as connection, interruptible(connection):
        return _compared(connection, request)


def reprice(request: RepriceRequest, agrees: Callable[[Diff], bool]) -> Diff:
    """Rate again and commit in one transaction, unless `agrees` refuses what would change; returns what that is.

    Without a change nothing is written, not even that it was tried.
    """
    with (
        database.writing(request.ledger, wait=request.wait) as connection,
        interruptible(connection),
        transaction(connection),
    ):
        diff = _compared(connection, request)
        if diff.total.changed and agrees(diff):
            _write(connection, request, diff)
    return diff


def _compared(connection: "Connection", request: RepriceRequest) -> Diff:
    """Leave the rows that change, as they were and as they become, in a temporary table."""
    lock = locks.locked_until(connection)
    query, scope = _scope(connection, request)
    free = "true" if lock is None or request.override_lock else f"started_at >= {query.bind(lock)}"
    declare_bills(connection, request.bills, request.price_list.currency)
    connection.execute(
        "create or replace temp view llmcost_reprice_context as select * exclude (provider), stated_provider as provider from request"
    )
    prepare_rates(connection, "llmcost_reprice_context", request.price_list)
    stated = ", ".join("stated_provider as provider" if c.name == "provider" else c.name for c in COLUMNS)
    was = ", ".join(f"{name} as was_{name}" for name in _REWRITTEN)
    differs = " or ".join(f"{name} is distinct from was_{name}" for name in _REWRITTEN)
    connection.execute(
        f"""
        create or replace temp table {_NEW} as
        {scope},
        to_rate as (select row_key, {stated}, key_0 as month_key, {was} from keyed where {free})
        select
            row_key, started_at, month_key, {", ".join(_REWRITTEN)}, was_model, was_cost, was_cost_status
        from ({rated_select("to_rate")})
        where {differs}
        """,
        query.parameters,
    )
    changes = _changes(connection, request, free)
    total = changes[-1]
    locked = locked_changed = 0
    if lock is not None:
        query, scope = _scope(connection, request)
        (locked,) = connection.execute(
            f"{scope} select count(*) from keyed where started_at < {query.bind(lock)}", query.parameters
        ).fetchone() or (0,)
        (locked_changed,) = connection.execute(
            f"select count(*) from {_NEW} where started_at < $lock", {"lock": lock}
        ).fetchone() or (0,)
    return Diff(
        price_list=request.price_list.version,
        as_of=request.price_list.as_of,
        total=total,
        changes=tuple(change for change in changes[:-1] if change.changed),
        locked_until=lock,
        locked=locked,
        locked_changed=locked_changed,
    )


def _scope(connection: "Connection", request: RepriceRequest) -> tuple[Query, str]:
    """A query and its CTEs ending in `keyed`: the rows in scope, with their month."""
    found = conditions(connection, request.where)
    if request.models:
        named = Condition(key="model", operator="in", values=tuple(request.models))
        found = (*found, (resolve(connection, "model"), named))
    query = Query()
    selection = Selection(period=request.period, zone=request.zone, basis="requests", conditions=found)
    return query, query.rows(connection, selection, [resolve(connection, "month")])


def _changes(connection: "Connection", request: RepriceRequest, free: str) -> list[Change]:
    """Every group, and the total last. Unchanged rows are summed as stored, changed ones moved to what they become."""
    query, scope = _scope(connection, request)
    if free != "true":
        free = f"started_at >= {query.bind(locks.locked_until(connection))}"
    month = query.text(resolve(connection, "month"), "month_key")
    rows = connection.execute(
        f"""
        {scope},
        moved as (
            select
                key_0 as month_key, model, count(*) as held, 0 as changed,
                sum(cost) as old_cost, count(cost) as old_known, sum(cost) as new_cost, count(cost) as new_known
            from keyed where {free} group by all
            union all
            select month_key, was_model, -count(*), 0, -sum(was_cost), -count(was_cost), -sum(was_cost), -count(was_cost)
            from {_NEW} group by all
            union all
            select month_key, model, count(*), count(*), sum(was_cost), count(was_cost), sum(cost), count(cost)
            from {_NEW} group by all
        )
        select
            grouping(month_key) as is_total, {month}, model, sum(held), sum(changed),
            case when sum(old_known) > 0 then sum(old_cost) end as old_cost,
            case when sum(new_known) > 0 then sum(new_cost) end as new_cost
        from moved
        group by grouping sets ((month_key, model), ())
        order by
            is_total, month_key, abs(coalesce(sum(new_cost), 0) - coalesce(sum(old_cost), 0)) desc, model nulls last
        """,
        query.parameters,
    ).fetchall()
    statuses: dict[tuple[str | None, str | None], list[StatusChange]] = {}
    for at, model, before, after, count in connection.execute(
        f"""
        select {month}, model, was_cost_status, cost_status, count(*)
        from {_NEW}
        where cost_status <> was_cost_status
        group by month_key, model, was_cost_status, cost_status
        order by month_key, model, count(*) desc, was_cost_status, cost_status
        """
    ).fetchall():
        statuses.setdefault((at, model), []).append(StatusChange(before=before, after=after, rows=count))
    return [
        Change(
            month=at,
            model=model,
            rows=int(held or 0),
            changed=int(changed or 0),
            old_cost=old,
            new_cost=new,
            statuses=_summed(statuses) if is_total else tuple(statuses.get((at, model), ())),
        )
        for is_total, at, model, held, changed, old, new in rows
    ]


def _summed(statuses: dict[tuple[str | None, str | None], list[StatusChange]]) -> tuple[StatusChange, ...]:
    counts: dict[tuple[str, str], int] = {}
    for change in (change for found in statuses.values() for change in found):
        counts[change.before, change.after] = counts.get((change.before, change.after), 0) + change.rows
    return tuple(
        StatusChange(before=before, after=after, rows=rows)
        for (before, after), rows in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    )


def _write(connection: "Connection", request: RepriceRequest, diff: Diff) -> None:
    period = {"since": _text(request.period.since), "until": _text(request.period.until)}
    terms = [*request.where, *(f"model={model}" for model in request.models)]
    number = record_run(
        connection,
        request.price_list,
        {
            "command": "db reprice",
            **period,
            "where": terms,
            "bills": sorted(request.bills),
            "override_lock": request.override_lock,
        },
    )
    connection.execute(
        f"""
        insert into ledger.reprice
        select $number, $since, $until, $terms, count(*), sum(was_cost), sum(cost), $lock, $locked_changed from {_NEW}
        """,
        {
            "number": number,
            **period,
            "terms": json.dumps(terms),
            "lock": diff.locked_until,
            "locked_changed": diff.locked_changed,
        },
    )
    updates = ", ".join(f"{name} = {_NEW}.{name}" for name in _REWRITTEN)
    connection.execute(
        f"update ledger.request as request set {updates}, ingest_id = {number} from {_NEW} where request.row_key = {_NEW}.row_key"
    )


def _text(instant: datetime | None) -> str | None:
    """UTC without saying so, as the ledger has it."""
    return None if instant is None else instant.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")
