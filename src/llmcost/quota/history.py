"""Past requests, as the checks that need data ask for them: who there was, and what each limit would have done to them.

Everything is worked out when the first check asks for it, and once.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from llmcost.domain.text import plural
from llmcost.ledger.composition import Query
from llmcost.ledger.keys import tag_keys
from llmcost.quota.replay.columns import Columns, knows
from llmcost.quota.replay.ends import with_ends
from llmcost.quota.replay.exposure import exposures
from llmcost.quota.replay.plan import plan
from llmcost.quota.replay.run import Manner, replayed
from llmcost.quota.replay.traffic import Traffic

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from llmcost.ledger.composition import Selection
    from llmcost.ledger.connection import Connection
    from llmcost.quota.config import Config
    from llmcost.quota.limit import Limit
    from llmcost.quota.replay.exposure import Exposure, Prices
    from llmcost.quota.replay.plan import Plan
    from llmcost.quota.replay.record import RuleResult, Simulated

MOST_LIMITS = 200
"""Limits of a config up to which it is replayed: each is a pass over the requests."""
_VALUES = 100_000
"""Distinct values of a dimension that are looked at."""
_SPENDERS = 5
_ABOUT_SOMEBODY = {"model", "provider"}
"""What a rule may count by without holding anybody to an amount of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spender:
    """A caller and what they spent."""

    caller: str
    cost: Decimal
    share: Decimal
    """Of all that was spent, 0 to 1."""
    held: bool
    """Whether some limit names them, or counts them apart from others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worst:
    """One limit, and what it would let be spent in 30 days."""

    limit: Limit
    counters: int
    prices: Prices
    """Of a unit of its use: usual, worst."""
    exposure: Exposure


class History:
    """The requests of a period."""

    def __init__(self, connection: Connection, selection: Selection) -> None:
        """Requests of a ledger; nothing is read yet but how many there are."""
        self._connection = connection
        self._selection = selection
        self._tags = tag_keys(connection)
        query = Query()
        rows = query.rows(connection, selection, [])
        found = connection.execute(
            f"{rows} select coalesce(sum(calls), 0), min(started_at), max(started_at), coalesce(sum(cost), 0) from keyed",
            query.parameters,
        ).fetchone()
        self.requests: int = int(found[0]) if found else 0
        self.first: datetime | None = found[1] if found else None
        """UTC, without a zone, as the ledger keeps it."""
        self.last: datetime | None = found[2] if found else None
        self.cost = Decimal(found[3]) if found else Decimal(0)
        """US dollars."""
        self._counts: dict[str, Counter[str]] = {}
        self._plans: dict[Config, Plan] = {}
        self._replays: dict[Config, Simulated | None] = {}
        self._worst: dict[Config, list[Worst]] = {}

    @property
    def span(self) -> timedelta:
        """From the first request to the last."""
        return timedelta() if self.first is None or self.last is None else self.last - self.first

    @property
    def words(self) -> str:
        """Such as `12,345 requests of 30 days`."""
        days = max(1, round(self.span / timedelta(days=1)))
        return f"{plural(self.requests, 'request')} of {plural(days, 'day')}"

    @property
    def tags(self) -> list[str]:
        """Keys of metadata that some request of the ledger carries."""
        return self._tags

    def values(self, dimension: str) -> Counter[str]:
        """How many requests have which value of a dimension; empty for one the ledger does not hold."""
        if dimension not in self._counts:
            self._counts[dimension] = self._counted(dimension)
        return self._counts[dimension]

    @cached_property
    def model_names(self) -> frozenset[str]:
        """The models asked for as a replay compares them: with and without their provider in front."""
        query = Query()
        rows = query.rows(self._connection, self._selection, [])
        model = Columns(query.bind, self._tags).expression("model")
        found = self._connection.execute(
            f"""
            {rows}, named as (select distinct provider, {model} as model from keyed order by all limit {_VALUES})
            select unnest([model, provider || '/' || model]) as name from named
            """,
            query.parameters,
        ).fetchall()
        return frozenset(name for (name,) in found if name is not None)

    def covers(self, limit: Limit) -> bool:
        """Whether the period is as long as a window of the limit, and so can tell whether it is ever reached."""
        longest = limit.window.longest
        if longest is None:
            return False
        # A month of 28 days is a month; clocks that change make a day 23 hours.
        return self.span.total_seconds() >= longest * 0.9

    def outcomes(self, config: Config) -> list[tuple[Limit, RuleResult]]:
        """What each limit of a config would have done; none for a config too large to be replayed."""
        if config not in self._replays:
            made = self._planned(config)
            quick = Manner(others=False, retries=False, exposure=False)
            self._replays[config] = (
                replayed(self._connection, self._selection, made, quick) if 0 < len(made.slots) <= MOST_LIMITS else None
            )
        result = self._replays[config]
        return (
            []
            if result is None
            else list(zip((slot.limit for slot in self._planned(config).slots), result.rules, strict=True))
        )

    def worst(self, config: Config) -> list[Worst]:
        """What each limit of a config would let be spent in 30 days at past prices."""
        if config not in self._worst:
            outcomes = self.outcomes(config)
            made = self._planned(config)
            traffic = Traffic(self._connection, self._selection, made)
            prices = [traffic.prices(number) for number in range(len(outcomes))]
            counters = [result.counters for _, result in outcomes]
            found = exposures(made, counters, prices)[0] if outcomes else ()
            self._worst[config] = [
                Worst(limit=limit, counters=result.counters, prices=price, exposure=exposure)
                for (limit, result), price, exposure in zip(outcomes, prices, found, strict=True)
            ]
        return self._worst[config]

    def spenders(self, configs: Sequence[Config]) -> list[Spender]:
        """The callers who spent most, and whether some limit of these configs holds them."""
        limits = [
            slot.limit
            for slot in plan(configs).slots
            if slot.limit.mode != "audit"
            and (not slot.limit.match.is_everything or set(slot.limit.per) - _ABOUT_SOMEBODY)
        ]
        if len(limits) > MOST_LIMITS or not self.cost:
            return []
        query = Query()
        rows = query.rows(self._connection, self._selection, [])
        columns = Columns(query.bind, self._tags, plan(configs).roster)
        held = [
            f"({columns.matches(limit.match)} and {columns.key(limit.per, shared=False)} is not null)"
            for limit in limits
        ]
        found = self._connection.execute(
            f"""
            {rows}, called as (
                select {columns.caller()} as caller, cost, {" or ".join(held) or "false"} as held from keyed
            )
            select caller, sum(cost) as spent, coalesce(bool_or(held), false)
            from called
            where caller is not null
            group by caller
            having spent > 0
            order by spent desc, caller
            limit {_SPENDERS}
            """,
            query.parameters,
        ).fetchall()
        return [
            Spender(caller=caller, cost=Decimal(spent), share=Decimal(spent) / self.cost, held=is_held)
            for caller, spent, is_held in found
        ]

    def _planned(self, config: Config) -> Plan:
        if config not in self._plans:
            self._plans[config] = with_ends(self._connection, self._selection, plan([config]))
        return self._plans[config]

    def _counted(self, dimension: str) -> Counter[str]:
        if not knows(dimension) or dimension == "subject":
            return Counter()
        query = Query()
        rows = query.rows(self._connection, self._selection, [])
        columns = Columns(query.bind, self._tags)
        found = self._connection.execute(
            f"""
            {rows}, named as (select {columns.expression(dimension)} as value, calls from keyed)
            select value, sum(calls) as requests
            from named
            where value is not null
            group by value
            order by requests desc, value
            limit {_VALUES}
            """,
            query.parameters,
        ).fetchall()
        return Counter({value: int(count) for value, count in found})
