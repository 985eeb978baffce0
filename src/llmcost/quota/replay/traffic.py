"""The ledger's requests as events, and what they ask of each limit.

Most counters never come near their limit. If all there was to charge in two neighbouring windows together would fit, no
window of that length, wherever it starts, can be full, however many requests other limits refuse: such counters need no
replay and are proven never to refuse. (Three neighbours for spans of the calendar, whose days and months differ in length;
for GCRA, whose bucket holds one window's amount, two suffice as well.) What is left is sorted and handed out in pieces.

Requests sent again come at most so much later, and once: then what there was to charge in that time before counts as well.

Of calls under way, no more are at once than would be had none been refused, however much later each of them came.

Where only one algorithm is played, and that one forgets everything after a window, the same holds for stretches of time: of a
counter, only the windows in which it can be full and their neighbours are needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.quota.replay.counting import PICO
from llmcost.quota.replay.matched import MatchedRequests
from llmcost.quota.replay.plan import allowing_budgets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost.ledger.composition import Selection
    from llmcost.ledger.connection import Connection
    from llmcost.quota.replay.plan import Plan
    from llmcost.quota.replay.simulation import Event

_PIECE = 20_000
_SECOND = 1_000_000
"""Microseconds."""
_LEADERS = 20
CLOCKS = 3_600
"""Seconds a span of the calendar may be shorter or longer because clocks change."""
_SHORTEST = {
    span: days * 86_400 - CLOCKS
    for span, days in {"day": 1, "week": 7, "month": 28, "quarter": 90, "year": 365}.items()
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What the traffic is."""

    requests: int
    cost: int
    """In units of 10^-12."""
    first: int | None
    """Arrival of the first request, microseconds since 1970."""
    last: int | None
    limited: int
    """Requests that some limit is about."""
    matched: tuple[int, ...]
    """Requests each limit is about, by slot."""
    decided: tuple[int, ...]
    """Requests each limit decides."""
    keyless: tuple[int, ...]
    """Requests that match a limit and lack what it counts by."""
    unended: int
    """Requests whose end the log does not say."""
    unpriced: int
    blocked: int
    """Requests that were refused when they were made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What a limit is asked for in windows that start where the clock or the calendar does, refused or not.

    A window that began before the period is told whole: the limit is compared with all of it. A limit on calls under way is
    asked for the most that are at once in a minute.
    """

    counters: int
    windows: int
    """Windows with any use in the period."""
    p50: int
    p95: int
    p99: int
    most: int
    most_key: str | None
    hot: int
    """Counters that can be full at all."""
    leaders: tuple[tuple[str, int, int, int, int, int], ...]
    """The counters asked for most in one window: key, windows with any use, p50, p95, p99 and most of them."""


class Traffic:
    """The requests of a ledger that a plan is about."""

    def __init__(
        self,
        connection: Connection,
        selection: Selection,
        made: Plan,
        *,
        shared: bool = False,
        stretches: frozenset[int] = frozenset(),
        since: int | None = None,
    ) -> None:
        """With `shared`, requests that lack what a limit counts by share one counter; else the limit skips them.

        Of the slots in `stretches`, only the times around full windows are handed out. What arrived before `since`, microseconds
        since 1970, is handed out as well, to fill counters, and is in no sum.
        """
        self._asked = "true" if since is None else f"arrived >= {since}"
        self._stretches = stretches
        self._connection = connection
        self._plan = made
        self._matched = MatchedRequests(connection, selection, made, shared=shared)

    def totals(self) -> Totals:
        """Sums over the traffic."""
        slots = range(len(self._plan.slots))
        query, source = self._matched.source()
        sums = ["0" if not slots else "count(*) filter (" + " or ".join(f"key_{n} is not null" for n in slots) + ")"]
        sums += [f"count(key_{n})" for n in slots]
        sums += [f"count(*) filter ({self._matched.is_decided(n)})" for n in slots]
        sums += [f"count(*) filter (match_{n} and key_{n} is null)" for n in slots]
        row = self._connection.execute(
            f"""
            {source}
            select count(*), coalesce(sum(cost), 0), min(arrived), max(arrived),
                count(*) filter (not has_end), count(*) filter (cost_status = 'unpriced'),
                count(*) filter (status = 'blocked' or http_status = 429), {", ".join(sums)}
            from matched
            where {self._asked}
            """,
            query.parameters,
        ).fetchone()
        if row is None:  # an aggregate without groups always has one row
            raise RuntimeError("no totals")
        count = len(slots)
        return Totals(
            requests=row[0],
            cost=int(row[1]),
            first=row[2],
            last=row[3],
            unended=row[4],
            unpriced=row[5],
            blocked=row[6],
            limited=row[7],
            matched=tuple(row[8 : 8 + count]),
            decided=tuple(row[8 + count : 8 + 2 * count]),
            keyless=tuple(row[8 + 2 * count :]),
        )

    def demand(self, number: int) -> Demand:
        """What slot `number` is asked for; also notes which of its counters can be full, for `events`."""
        sql, values = self.use_by_window(number)
        self._connection.execute(f"create or replace temp table demand_{number} as {sql}", values)
        self.can_fill(number)
        row = self._connection.execute(
            f"""
            select count(distinct key), count(*),
                coalesce(quantile_disc(weight, [0.5, 0.95, 0.99]), [0, 0, 0]), coalesce(max(weight), 0),
                min(key) filter (weight = (select max(weight) from demand_{number})),
                (select count(distinct key) from hot_{number})
            from demand_{number}
            where weight is not null
            """
        ).fetchone()
        if row is None:  # an aggregate without groups always has one row
            raise RuntimeError("no demand")
        leaders = self._connection.execute(
            f"""
            select key, count(*), quantile_disc(weight, [0.5, 0.95, 0.99]), max(weight)
            from demand_{number}
            where weight is not null
            group by key
            order by max(weight) desc, key
            limit {_LEADERS}
            """
        ).fetchall()
        p50, p95, p99 = (int(value) for value in row[2])
        return Demand(
            counters=row[0],
            windows=row[1],
            p50=p50,
            p95=p95,
            p99=p99,
            most=int(row[3]),
            most_key=row[4],
            hot=row[5],
            leaders=tuple((key, count, *map(int, shares), int(most)) for key, count, shares, most in leaders),
        )

    def can_fill(self, number: int, delay: int = 0, *, twice: bool = False) -> bool:
        """Whether counters of slot `number` can be full, and note which, for `events`; after `demand`.

        A request may come again up to `delay` seconds later, and with `twice` counts both times.
        """
        slot = self._plan.slots[number]
        if slot.is_held:
            sql, values = self._under_way(number, delay) if delay else (f"from demand_{number}", {})
            return self._note_hot(number, f"select key from ({sql}) group by key having max(whole) > $amount", values)
        window = slot.limit.window
        neighbours = 2 if window.kind == "calendar" else 1
        shortest = _SHORTEST[window.span or "day"] if window.kind == "calendar" else window.seconds
        neighbours += -(-delay // shortest) if shortest else 0
        full = f"{'* 2 ' if twice else ''}{'>=' if slot.limit.charge == 'post' else '>'} $amount"
        near = f"""
            select key, bucket, sum(whole) over (
                partition by key order by bucket range between {neighbours} preceding and current row
            ) as near
            from demand_{number}
        """
        if number in self._stretches:
            chosen = f"""
                select distinct key, bucket + unnest([-1, 0, 1]) as bucket from ({near}) where near {full}
            """
        else:
            chosen = f"select key from ({near}) group by key having max(near) {full}"
        return self._note_hot(number, chosen, {})

    def longest(self, number: int) -> int:
        """Seconds the longest call that slot `number` is about took, rounded up."""
        query, source = self._matched.source()
        row = self._connection.execute(
            f"{source} select coalesce(max(ended - arrived), 0) from matched where key_{number} is not null",
            query.parameters,
        ).fetchone()
        return 0 if row is None else -(-int(row[0]) // _SECOND)

    def use_by_window(self, number: int) -> tuple[str, dict[str, object]]:
        """SQL with its values for what every counter of slot `number` uses in every window: key, bucket, whole, weight.

        The weight is null where no request of the period is in the window.
        """
        slot = self._plan.slots[number]
        if slot.is_held:
            return self._under_way(number)
        query, source = self._matched.source()
        instant = "ended" if slot.limit.charge == "post" else "arrived"
        sql = f"""
            {source}
            select key_{number} as key, {self._matched.bucket(slot, instant)} as bucket,
                sum({slot.limit.unit}) as whole, case when bool_or({self._asked}) then whole end as weight
            from matched
            where key_{number} is not null
            group by all
            """
        return sql, query.parameters

    def use(self, number: int) -> tuple[int, int]:
        """All that slot `number` counts, in its unit, and what the requests it is about cost, in units of 10^-12."""
        query, source = self._matched.source()
        unit = self._plan.slots[number].limit.unit
        row = self._connection.execute(
            f"{source} select coalesce(sum({unit}), 0), coalesce(sum(cost), 0) from matched where key_{number} is not null"
            f" and {self._asked}",
            query.parameters,
        ).fetchone()
        return (0, 0) if row is None else (int(row[0]), int(row[1]))

    def prices(self, number: int) -> tuple[Decimal | None, Decimal | None]:
        """What a unit of slot `number` cost, US dollars: on average, and for the dearest request in a hundred."""
        unit = self._plan.slots[number].limit.unit
        if unit == "cost":
            return Decimal(1), Decimal(1)
        # A call under way uses its time; one that took none, or not known how much, has no price by time.
        use, per = ("nullif(ended - arrived, 0)", _SECOND) if self._plan.slots[number].is_held else (unit, 1)
        query, source = self._matched.source()
        row = self._connection.execute(
            f"""
            {source}
            select coalesce(sum({use}), 0), coalesce(sum(cost) filter ({use} is not null), 0),
                quantile_disc(cost * cast({per} as hugeint) // nullif({use}, 0), 0.99)
            from matched
            where key_{number} is not null and cost_status != 'unpriced' and {self._asked}
            """,
            query.parameters,
        ).fetchone()
        if row is None or not row[0] or not row[1]:
            return None, None
        usual = Decimal(int(row[1])) * per / PICO / Decimal(int(row[0]))
        return usual, max(Decimal(int(row[2])) / PICO, usual)

    def layout(self, taking_part: list[int]) -> tuple[dict[str, int], dict[int, int], list[str]]:
        """Where events have keys, weights and what budgets say, where first rules; and the columns after the fixed four."""
        units = list(dict.fromkeys(self._plan.slots[number].limit.unit for number in taking_part))
        names = [*(f"hot_key_{number}" for number in taking_part), *units, *allowing_budgets(self._plan, taking_part)]
        places = {
            name.replace("hot_key_", "key ") if name.startswith("hot") else name: at for at, name in enumerate(names, 4)
        }
        sets = sorted({self._plan.slots[number].set_number for number in taking_part})
        firsts = {number: 4 + len(names) + at for at, number in enumerate(sets)}
        return places, firsts, [*names, *(f"first_{number}" for number in sets)]

    def events(self, taking_part: list[int]) -> Iterator[list[Event]]:
        """What can meet a full counter, in order of arrival; equal instants in the order of the ledger's row keys."""
        query, source = self._matched.source()
        _, _, names = self.layout(taking_part)
        hot = ", ".join(
            [
                *(
                    f"case when {self._is_hot(number)} then key_{number} end as hot_key_{number}"
                    for number in taking_part
                ),
                *(
                    f"({' or '.join(map(self._matched.is_decided, numbers))}) as {name}"
                    for name, numbers in allowing_budgets(self._plan, taking_part).items()
                ),
            ]
        )
        result = self._connection.execute(
            f"""
            {source}, hot as (select *, {hot} from matched)
            select arrived, ended, cost, caller, {", ".join(names)}
            from hot
            where {" or ".join(f"hot_key_{number} is not null" for number in taking_part)}
            order by arrived, row_key
            """,
            query.parameters,
        )
        while piece := result.fetchmany(_PIECE):
            yield piece

    def _under_way(self, number: int, late: int = 0) -> tuple[str, dict[str, object]]:
        """SQL with its values for the most calls that slot `number` has under way at once, in every minute in which one begins.

        Each call counts until `late` seconds after its end. One that takes no time counts for itself and holds no place.
        """
        query, source = self._matched.source()
        sql = f"""
            {source},
            held as (
                select key_{number} as key, arrived, ended + {late * _SECOND} as ended, row_key, {self._asked} as asked
                from matched
                where key_{number} is not null
            ),
            turn as (
                select key, arrived as instant, row_key, asked, cast(ended > arrived as int) as step, 1 - step as passing
                from held
                union all
                select key, ended, null, false, -1, null from held where ended > arrived
            ),
            busy as (
                select *, passing + sum(step) over (
                    partition by key order by instant, step >= 0, row_key
                    rows between unbounded preceding and current row
                ) as calls
                from turn
            )
            select key, instant // {60 * _SECOND} as bucket, max(calls) as whole, max(calls) filter (asked) as weight
            from busy
            where passing is not null
            group by all
            """
        return sql, query.parameters

    def _note_hot(self, number: int, chosen: str, values: dict[str, object]) -> bool:
        """Keep the counters that can be full, and tell whether there are any."""
        self._connection.execute(
            f"create or replace temp table hot_{number} as {chosen}",
            {**values, "amount": self._plan.slots[number].amount},
        )
        found = self._connection.execute(f"select exists (select 1 from hot_{number})").fetchone()
        return found is not None and bool(found[0])

    def _is_hot(self, number: int) -> str:
        if number not in self._stretches:
            return f"key_{number} in (select key from hot_{number})"
        bucket = self._matched.bucket(self._plan.slots[number], "arrived")
        return f"(key_{number}, {bucket}) in (select (key, bucket) from hot_{number})"
