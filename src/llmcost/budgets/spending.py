"""What was spent of many budgets, in as few passes over the ledger as there are kinds of them.

Budgets without `per` share one pass that sums each distinct scope by day; a window is a run of days. Budgets for each value
share one pass for each set of dimensions.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from llmcost.budgets.budget import Budget, Measure
from llmcost.budgets.periods import Window
from llmcost.config.settings import Settings
from llmcost.domain.fx import BASE, Rates
from llmcost.domain.period import Period, start_of
from llmcost.ledger import scopes
from llmcost.ledger.composition import Basis, Selection
from llmcost.ledger.conversion import Conversion
from llmcost.ledger.keys import Key, resolve, unknown_key
from llmcost.ledger.scopes import Conditions, Scope, Spent
from llmcost.pricing.currency import chosen_currency

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection

Values = tuple[str | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A budget in force, its conditions resolved against a ledger."""

    budget: Budget
    window: Window
    period: Period
    """The window up to now."""
    conditions: Conditions
    keys: tuple[Key, ...]
    """Of `per`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """What was spent of one budget."""

    by_value: dict[Values, Spent]
    """One entry without `per`, else one for each value that has requests."""
    daily: dict[str, Decimal] = field(default_factory=dict)
    """By day; only without `per`."""


def watched(connection: "Connection", budget: Budget, window: Window, now: datetime) -> Watched:
    """The budget with its keys; UsageError when one of them is neither a dimension nor a tag of this ledger."""
    return Watched(
        budget=budget,
        window=window,
        period=Period(since=window.since, until=min(window.until, now.astimezone(UTC))),
        conditions=tuple((_key(connection, one.key), one) for one in budget.conditions),
        keys=tuple(_key(connection, name) for name in budget.per),
    )


def amount(spent: Spent, measure: Measure) -> Decimal:
    """What a budget counts."""
    return spent.cost if measure == "cost" else Decimal(spent.tokens if measure == "tokens" else spent.requests)


def unknown_sums(spent: Spent, measure: Measure) -> int:
    """Of exports: sums that are not in the amount, as nothing says what they cost or how many tokens or requests they are of."""
    return {"cost": spent.unpriced_sums, "tokens": spent.unmeasured_sums, "requests": spent.uncounted_sums}[measure]


def selection(
    settings: Settings,
    basis: Basis,
    period: Period,
    *,
    zone: tzinfo,
    currency: str | None,
    conditions: Conditions = (),
) -> Selection:
    """Rows of a period, amounts in a currency."""
    conversion = None
    if currency is not None and currency != BASE:
        conversion = Conversion(currency=currency, rates=rates_for(currency, settings), zone=zone)
    return Selection(period=period, zone=zone, basis=basis, conditions=conditions, conversion=conversion)


def rates_for(currency: str, settings: Settings) -> Rates:
    """The rates of a currency that is not the ledger's; UsageError where there are none."""
    return settings.fx.get(currency) or _listed(currency, settings.pricing)


@cache
def _listed(currency: str, pricing: tuple[Path, ...]) -> Rates:
    """The rates of price files, which take a while to read."""
    return chosen_currency(currency, Settings(pricing=pricing)).rates


def sums(connection: "Connection", settings: Settings, budgets: Sequence[Watched], basis: Basis) -> list[Sums]:
    """What was spent of each, in their order."""
    found: dict[int, Sums] = {}
    for group in _grouped(budgets, lambda one: (one.budget.per, str(one.budget.period.zone), one.budget.currency)):
        members = [budgets[place] for place in group]
        first = members[0]
        chosen = selection(
            settings, basis, _span(members), zone=first.budget.period.zone, currency=first.budget.currency
        )
        summed = _by_value(connection, chosen, members) if first.keys else _by_day(connection, chosen, members)
        found |= dict(zip(group, summed, strict=True))
    return [found[place] for place in range(len(budgets))]


def _by_value(connection: "Connection", chosen: Selection, members: Sequence[Watched]) -> list[Sums]:
    wanted = [Scope(conditions=one.conditions, period=one.period) for one in members]
    table = scopes.spending(connection, chosen, wanted, members[0].keys, unmeasured=_of_tokens(members))
    return [
        Sums(by_value={values: row[place] for values, row in table.items() if row[place] != Spent()})
        for place in range(len(members))
    ]


def _by_day(connection: "Connection", chosen: Selection, members: Sequence[Watched]) -> list[Sums]:
    distinct = list(dict.fromkeys(one.conditions for one in members))
    table = scopes.spending(
        connection,
        chosen,
        [Scope(conditions=one) for one in distinct],
        [resolve(connection, "day")],
        unmeasured=_of_tokens(members),
    )
    results = []
    for one in members:
        place = distinct.index(one.conditions)
        days = {
            str(day): row[place]
            for (day,), row in table.items()
            if one.window.first.isoformat() <= str(day) < one.window.end.isoformat()
        }
        whole = Spent()
        for spent in days.values():
            whole += spent
        daily = {day: amount(spent, one.budget.measure) for day, spent in days.items()}
        results.append(Sums(by_value={(): whole}, daily=daily))
    return results


def _of_tokens(members: Sequence[Watched]) -> bool:
    return any(one.budget.measure == "tokens" for one in members)


def crossed_at(
    connection: "Connection", settings: Settings, one: Watched, basis: Basis, daily: dict[str, Decimal]
) -> datetime | None:
    """When a budget without `per` that is reached was reached, naive UTC: the day from `daily`, the instant within it."""
    before = Decimal(0)
    for day in sorted(daily):
        if before + daily[day] >= one.budget.amount:
            chosen = selection(
                settings,
                basis,
                _day_of(one, day),
                zone=one.budget.period.zone,
                currency=one.budget.currency,
                conditions=one.conditions,
            )
            return scopes.crossing(connection, chosen, one.budget.measure, before, one.budget.amount)
        before += daily[day]
    return None


def crossings(connection: "Connection", settings: Settings, one: Watched, basis: Basis) -> dict[Values, datetime]:
    """When each value of a budget with `per` reached it, naive UTC."""
    chosen = selection(
        settings,
        basis,
        one.period,
        zone=one.budget.period.zone,
        currency=one.budget.currency,
        conditions=one.conditions,
    )
    return scopes.crossings(connection, chosen, one.budget.measure, one.budget.amount, one.keys)


def _day_of(one: Watched, day: str) -> Period:
    first = date.fromisoformat(day)
    zone = one.budget.period.zone
    until = start_of(first + timedelta(days=1), zone)
    return Period(
        since=start_of(first, zone), until=until if one.period.until is None else min(until, one.period.until)
    )


def _span(members: Iterable[Watched]) -> Period:
    periods = [one.period for one in members]
    return Period(
        since=min(period.since for period in periods if period.since is not None),
        until=max(period.until for period in periods if period.until is not None),
    )


def _grouped(budgets: Sequence[Watched], key: Callable[[Watched], object]) -> list[list[int]]:
    groups: dict[object, list[int]] = {}
    for place, one in enumerate(budgets):
        groups.setdefault(key(one), []).append(place)
    return list(groups.values())


def _key(connection: "Connection", name: str) -> Key:
    key = resolve(connection, name)
    if not key.known:
        raise unknown_key(connection, name)
    return key
