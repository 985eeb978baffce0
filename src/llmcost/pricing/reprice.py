"""Rate stored requests again with the price list of today, and say by model and month what that changes.

Nothing but the requests themselves decides the result: each row's new cost depends on that row and the price list alone.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, tzinfo
from decimal import Decimal, localcontext
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from llmcost.domain.period import Period
from llmcost.domain.request import COLUMNS
from llmcost.ledger import database, locks
from llmcost.ledger.composition import Query, Selection
from llmcost.ledger.conditions import conditions
from llmcost.ledger.exported_days import exported_time
from llmcost.ledger.filters import Condition
from llmcost.ledger.interrupts import interruptible
from llmcost.ledger.keys import resolve
from llmcost.ledger.migrations import transaction
from llmcost.pricing.bucket_rating import rated_buckets, stated_buckets
from llmcost.pricing.price_list import PriceList
from llmcost.pricing.rating import RATED, declare_bills, prepare_rates, rated_select
from llmcost.pricing.runs import record_run

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection

_EVERYTHING = Period()
_REWRITTEN = ("provider", *RATED)
_NEW = "llmcost_repriced"
_SPAN_ROWS = 1_000_000


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
    buckets: Change
    """Usage buckets in the period and free to change; none where `--where` asks about requests."""

    @property
    def changed(self) -> bool:
        """Whether anything changes."""
        return bool(self.total.changed or self.buckets.changed)


def preview(request: RepriceRequest, *, migrate: bool = False) -> Diff:
    """What `reprice` would do, with the ledger open for reading only; `migrate` first brings an older one to our schema."""
    with database.reading(request.ledger, wait=request.wait, migrate=migrate) as connection, interruptible(connection):
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
        if diff.changed and agrees(diff):
            _write(connection, request, diff)
    return diff


def _compared(connection: "Connection", request: RepriceRequest) -> Diff:
    """Rate every row in scope and keep nothing but sums."""
    lock = locks.locked_until(connection)
    declare_bills(connection, request.bills, request.price_list.currency)
    # First: the rates of requests, prepared next, are still needed when the rows are written.
    buckets = _buckets(connection, request, lock)
    connection.execute(
        "create or replace temp view llmcost_reprice_context as select * exclude (provider), stated_provider as provider from request"
    )
    prepare_rates(connection, "llmcost_reprice_context", request.price_list)
    found = [one for span in _spans(connection, request) for one in _sums(connection, request, span, lock)]
    groups: dict[tuple[str, str | None], list[_Sum]] = {}
    for one in found:
        groups.setdefault((one.month, one.model), []).append(one)
    changes = [_change(month, model, sums) for (month, model), sums in groups.items()]
    return Diff(
        price_list=request.price_list.version,
        as_of=request.price_list.as_of,
        total=_change(None, None, found),
        changes=tuple(
            sorted(
                (change for change in changes if change.changed),
                key=lambda change: (change.month, -abs(change.difference), change.model or ""),
            )
        ),
        locked_until=lock,
        locked=0 if lock is None else _locked(connection, request, lock),
        locked_changed=sum(one.rows for one in found if one.locked and one.changed),
        buckets=buckets,
    )


def _buckets(connection: "Connection", request: RepriceRequest, lock: datetime | None) -> Change:
    """Rate the usage buckets in scope into a temporary table of those that change."""
    query = Query()
    start = f"({exported_time(connection, request.zone, 'bucket_start')})"
    terms = ["not $where", query.within(request.period).replace("started_at", start)]
    if lock is not None and not request.override_lock:
        terms.append(f"bucket_start >= {query.bind(lock)}")
    if request.models:
        terms.append(f"list_contains({query.bind(list(request.models))}, model)")
    was = ", ".join(f"{name} as was_{name}" for name in _REWRITTEN)
    differs = " or ".join(f"{name} is distinct from was_{name}" for name in _REWRITTEN)
    connection.execute(
        f"create or replace temp table {_NEW}_bucket_scope as {stated_buckets()} where {' and '.join(terms)}",
        {**query.parameters, "where": bool(request.where)},
    )
    rated = rated_buckets(connection, f"{_NEW}_bucket_scope", request.price_list)
    connection.execute(
        f"create or replace temp table {_NEW}_bucket as select *, {differs} as changed from ({rated}) "
        f"join (select bucket_key, {was} from ledger.usage_bucket) using (bucket_key)"
    )
    rows = connection.execute(
        f"select was_cost_status, cost_status, changed, count(*), sum(was_cost), sum(cost) from {_NEW}_bucket "
        "group by all order by all"
    ).fetchall()
    return _change(
        None,
        None,
        [_Sum("", None, before, after, changed, False, *sums) for before, after, changed, *sums in rows],
    )


def _sums(connection: "Connection", request: RepriceRequest, period: Period, lock: datetime | None) -> Iterator["_Sum"]:
    query, rated = _rated(connection, request, period, lock)
    rows = connection.execute(
        f"""
        {rated}
        select
            {query.text(resolve(connection, "month"), "month_key")}, model, was_cost_status, cost_status, changed,
            {"false" if lock is None else f"started_at < {query.bind(lock)}"} as locked,
            count(*), sum(was_cost), sum(cost)
        from rated
        group by month_key, model, was_cost_status, cost_status, changed, locked
        order by all
        """,
        query.parameters,
    ).fetchall()
    return (_Sum(*row) for row in rows)


class _Sum(NamedTuple):
    """Rows that are alike in what a diff tells."""

    month: str
    model: str | None
    before: str
    after: str
    changed: bool
    locked: bool
    rows: int
    old_cost: Decimal | None
    new_cost: Decimal | None


def _change(month: str | None, model: str | None, sums: Sequence[_Sum]) -> Change:
    statuses: dict[tuple[str, str], int] = {}
    for one in sums:
        if one.before != one.after:
            statuses[one.before, one.after] = statuses.get((one.before, one.after), 0) + one.rows
    return Change(
        month=month,
        model=model,
        rows=sum(one.rows for one in sums),
        changed=sum(one.rows for one in sums if one.changed),
        old_cost=_total(one.old_cost for one in sums),
        new_cost=_total(one.new_cost for one in sums),
        statuses=tuple(
            StatusChange(before=before, after=after, rows=rows)
            for (before, after), rows in sorted(statuses.items(), key=lambda item: (-item[1], item[0]))
        ),
    )


def _total(costs: Iterable[Decimal | None]) -> Decimal | None:
    """Their exact sum; None where none is known."""
    known = [cost for cost in costs if cost is not None]
    with localcontext(prec=60):
        return sum(known, Decimal(0)) if known else None


def _locked(connection: "Connection", request: RepriceRequest, lock: datetime) -> int:
    query, scope = _scope(connection, request, request.period)
    (count,) = connection.execute(
        f"{scope} select count(*) from keyed where started_at < {query.bind(lock)}", query.parameters
    ).fetchone() or (0,)
    return int(count)


def _rated(
    connection: "Connection", request: RepriceRequest, period: Period, lock: datetime | None
) -> tuple[Query, str]:
    """A query and its CTEs ending in `rated`: the rows in scope and free to change, as they were and as they become."""
    query, scope = _scope(connection, request, period)
    free = "true" if lock is None or request.override_lock else f"started_at >= {query.bind(lock)}"
    stated = ", ".join("stated_provider as provider" if c.name == "provider" else c.name for c in COLUMNS)
    was = ", ".join(f"{name} as was_{name}" for name in _REWRITTEN)
    differs = " or ".join(f"{name} is distinct from was_{name}" for name in _REWRITTEN)
    return (
        query,
        f"""
        {scope},
        to_rate as (select row_key, {stated}, key_0 as month_key, {was} from keyed where {free}),
        -- DuckDB takes twenty seconds to plan aggregates over these expressions where it may inline them.
        rated as materialized (select *, {differs} as changed from ({rated_select("to_rate")}))
    """,
    )


def _scope(connection: "Connection", request: RepriceRequest, period: Period) -> tuple[Query, str]:
    """A query and its CTEs ending in `keyed`: the rows in scope, with their month."""
    found = conditions(connection, request.where)
    if request.models:
        named = Condition(key="model", operator="in", values=tuple(request.models))
        found = (*found, (resolve(connection, "model"), named))
    query = Query()
    selection = Selection(period=period, zone=request.zone, basis="requests", conditions=found)
    return query, query.rows(connection, selection, [resolve(connection, "month")])


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
        "insert into ledger.reprice values ($number, $since, $until, $terms, $changed, $old, $new, $lock, $locked_changed)",
        {
            "number": number,
            **period,
            "terms": json.dumps(terms),
            "changed": diff.total.changed,
            "old": diff.total.old_cost,
            "new": diff.total.new_cost,
            "lock": diff.locked_until,
            "locked_changed": diff.locked_changed,
        },
    )
    updates = ", ".join(f"{name} = {_NEW}.{name}" for name in _REWRITTEN)
    connection.execute(
        f"update ledger.usage_bucket as bucket set {updates.replace(_NEW, f'{_NEW}_bucket')}, ingest_id = {number} "
        f"from {_NEW}_bucket where bucket.bucket_key = {_NEW}_bucket.bucket_key and changed"
    )
    for span in _spans(connection, request):
        query, rated = _rated(connection, request, span, diff.locked_until)
        connection.execute(
            f"create or replace temp table {_NEW} as {rated} select row_key, {', '.join(_REWRITTEN)} from rated where changed",
            query.parameters,
        )
        connection.execute(
            f"update ledger.request as request set {updates}, ingest_id = {number} from {_NEW} where request.row_key = {_NEW}.row_key"
        )


def _spans(connection: "Connection", request: RepriceRequest) -> list[Period]:
    """The period in pieces of about a million rows, a day at least, so that memory does not grow with the ledger."""
    query = Query()
    days = connection.execute(
        f"select started_at::date, count(*) from request where {query.within(request.period)} group by all order by all",
        query.parameters,
    ).fetchall()
    cuts: list[datetime] = []
    held = 0
    for day, rows in days:
        if held and held + rows > _SPAN_ROWS:
            cuts.append(datetime.combine(day, time(), tzinfo=UTC))
            held = 0
        held += rows
    return [
        Period(since=since, until=until)
        for since, until in pairwise([request.period.since, *cuts, request.period.until])
    ]


def _text(instant: datetime | None) -> str | None:
    """UTC without saying so, as the ledger has it."""
    return None if instant is None else instant.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")
