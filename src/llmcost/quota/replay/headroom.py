"""How near callers came to limits, without replaying who would have been refused.

A limit is short for a counter that used nine tenths of it (or the first of its own `warn_at`) in one of twenty windows with any
use or more often, and in three windows at least; of windows of a week or longer one is enough.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING

from llmcost.domain.headroom import Headroom
from llmcost.quota.limit import SECONDS
from llmcost.quota.replay.counting import PICO
from llmcost.quota.replay.run import in_unit, subject_of
from llmcost.quota.replay.traffic import Traffic
from llmcost.quota.replay.warming import warmed

if TYPE_CHECKING:
    from llmcost.ledger.composition import Selection
    from llmcost.ledger.connection import Connection
    from llmcost.quota.limit import Limit
    from llmcost.quota.replay.plan import Plan, Slot

_USUAL = Decimal(90)
_FEWEST = 3
_ONE_OF = 20


def headroom(connection: Connection, selection: Selection, made: Plan) -> tuple[Headroom, ...]:
    """What the selected requests asked of each limit of a plan that decides any of them, in the plan's order."""
    wide, since = warmed(connection, selection, made.slots)
    traffic = Traffic(connection, wide, made, since=since)
    totals = traffic.totals()
    return tuple(
        _headroom(connection, traffic, number, slot, totals.matched[number])
        for number, slot in enumerate(made.slots)
        if totals.decided[number] and slot.amount
    )


def _headroom(connection: Connection, traffic: Traffic, number: int, slot: Slot, requests: int) -> Headroom:
    limit = slot.limit
    demand = traffic.demand(number)
    sql, values = traffic.use_by_window(number)
    threshold = _threshold(limit)
    row = connection.execute(
        f"""
        with counter as (
            select
                key,
                max(weight)                                     as most,
                count(*)                                        as windows,
                count(*) filter (weight >= $near)               as near,
                count(*) filter (weight >= $amount)             as full,
                near >= $fewest and near * {_ONE_OF} >= windows as short
            from demand_{number}
            where weight is not null
            group by key
        )
        select
            coalesce(sum(windows), 0), count(*) filter (short),
            coalesce(sum(near) filter (short), 0), coalesce(sum("full") filter (short), 0),
            coalesce(max(most) filter (short), 0), min_by(key, (-most, key)) filter (short)
        from counter
        """,
        {
            "near": int((slot.amount * threshold / 100).to_integral_value(ROUND_CEILING)),
            "amount": slot.amount,
            "fewest": 1 if _is_long(limit) else _FEWEST,
        },
    ).fetchone()
    if row is None:  # an aggregate without groups always has one row
        raise RuntimeError("no headroom")
    return Headroom(
        rule_id=limit.label,
        file=slot.file,
        amount=in_unit(slot.amount, limit.unit),
        unit=limit.unit,
        window=limit.window.name,
        per=limit.per,
        threshold=threshold,
        requests=requests,
        cost=Decimal(traffic.use(number)[1]) / PICO,
        counters=demand.counters,
        windows=int(row[0]),
        short=int(row[1]),
        near=int(row[2]),
        full=int(row[3]),
        most=in_unit(int(row[4]), limit.unit),
        most_subject="everyone" if row[5] is None else subject_of(limit, row[5]),
        sql=sql,
        values=values,
    )


def _threshold(limit: Limit) -> Decimal:
    return min(limit.alerts.thresholds if limit.alerts is not None else (), default=_USUAL)


def _is_long(limit: Limit) -> bool:
    longest = limit.window.longest
    if limit.window.kind == "instant":
        return False
    return longest is None or longest >= SECONDS["week"]
