"""Whether the data is good enough to judge by: how much of it is priced, attributed, read, and how old it is."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from llmcost.budgets.spending import selection
from llmcost.budgets.status import missing_reason
from llmcost.config.settings import FILE_NAME, Settings
from llmcost.config.yaml import Key
from llmcost.domain.errors import ConfigError, UsageError
from llmcost.domain.exact import EXACT
from llmcost.domain.finding import Place
from llmcost.domain.period import Period, parse_period, time_zone
from llmcost.domain.request import OWNERS
from llmcost.domain.text import plural
from llmcost.ledger import queries, scopes
from llmcost.ledger.composition import Basis, Selection
from llmcost.ledger.filters import Condition
from llmcost.ledger.keys import resolve
from llmcost.ledger.metrics import metric
from llmcost.ledger.queries import Facts

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection

DEFAULT_STALE = timedelta(hours=48)
"""How old the newest request may be where llmcost.yaml says nothing."""

_UNITS = (
    (timedelta(days=1), "d"),
    (timedelta(hours=1), "h"),
    (timedelta(minutes=1), "min"),
    (timedelta(seconds=1), "s"),
)

Outcome = Literal["ok", "failed", "not_evaluated"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One condition and what became of it."""

    name: str
    outcome: Outcome
    value: Decimal | str | None
    """What was measured: an amount of money, or as text a share with 6 decimals, a count or seconds."""
    limit: Decimal | str
    message: str
    place: Place
    missing: bool = False
    """Whether it is about data that is missing, which is no proof of anything."""


def place_of(settings: Settings, *path: Key) -> Place:
    """Where a setting is written; the start of the file for one that is not."""
    if settings.document is None:
        return Place(file=FILE_NAME, line=1, column=1, end_line=1, end_column=2)
    line, column = settings.document.position(*path)
    return Place(file=_relative(settings.document.name), line=line, column=column, end_line=line, end_column=column + 1)


def _relative(name: str) -> str:
    """A file as CI names it: relative to the folder it works in, if it is in there."""
    with contextlib.suppress(ValueError, OSError):
        return Path(name).resolve().relative_to(Path.cwd()).as_posix()
    return name


def freshness(settings: Settings, newest: datetime | None, now: datetime) -> Measured:
    """Whether the newest request, in UTC, is young enough; no requests at all is never enough."""
    longest = settings.gate.stale or DEFAULT_STALE
    place = place_of(settings, "gate", "stale") if settings.gate.stale else place_of(settings, "gate")
    limit = str(int(longest.total_seconds()))
    if newest is None:
        return Measured(
            name="stale",
            outcome="not_evaluated",
            value=None,
            limit=limit,
            message=f"the ledger has no requests before {now.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
            place=place,
            missing=True,
        )
    age = now - newest
    stale = age > longest
    return Measured(
        name="stale",
        outcome="not_evaluated" if stale else "ok",
        value=str(int(age.total_seconds())),
        limit=limit,
        message=f"the newest request is {_age(age, longest)} old ({newest:%Y-%m-%d %H:%M} UTC); {_length(longest)} are allowed",
        place=place,
        missing=stale,
    )


def conditions(connection: "Connection", settings: Settings, basis: Basis, now: datetime) -> list[Measured]:
    """What `gate:` asks for beside freshness and the baseline."""
    gate = settings.gate
    if (
        gate.unpriced is None
        and gate.estimated is None
        and not gate.unattributed
        and gate.rejected is None
        and gate.cost is None
    ):
        return []
    zone = time_zone(settings.tz)
    asked = parse_period(gate.period, now, zone)
    period = Period(since=asked.since, until=now if asked.until is None else min(asked.until, now))
    chosen = selection(settings, basis, period, zone=zone, currency=settings.currency)
    facts = queries.facts(connection, chosen)
    cost = _cost(connection, chosen)
    sums = 0
    if basis == "exports":
        (whole,) = scopes.spending(connection, chosen, [scopes.Scope(conditions=())], [])[()]
        sums = whole.unpriced_sums
    span = f"of {gate.period}"
    found = []
    if gate.unpriced is not None:
        text = f"{{share}} of the requests {span} have no known price ({facts.unpriced:,} of {facts.requests:,})"
        one = _share(
            settings,
            ("unpriced",),
            Decimal(facts.unpriced),
            Decimal(facts.requests),
            most=gate.unpriced,
            text=text,
        )
        if one.outcome == "ok" and sums and gate.unpriced < 1:
            told = f"{one.message}; {plural(sums, 'usage bucket')} of unknown cost may be of any number of requests"
            one = replace(one, outcome="not_evaluated", message=told, missing=True)
        found.append(one)
    if gate.estimated is not None:
        part = _cost(connection, _narrowed(connection, chosen, {"cost_status": "estimated"}))
        text = f"{{share}} of the cost {span} is estimated"
        found.append(_share(settings, ("estimated",), part, cost, most=gate.estimated, text=text))
    for name, most in gate.unattributed.items():
        text = f"{{share}} of the cost {span} has no {name or 'owner'}"
        path = ("unattributed", name) if name else ("unattributed",)
        try:
            nobody = _narrowed(connection, chosen, dict.fromkeys((name,) if name else OWNERS))
        except UsageError as error:
            where = place_of(settings, "gate", *path)
            raise ConfigError(f"{where.file}:{where.line}:{where.column}: {error.message}", hint=error.hint) from error
        part = _cost(connection, nobody)
        found.append(_share(settings, path, part, cost, most=most, text=text))
    if gate.rejected is not None:
        lines = Decimal(queries.rejected_lines(connection))
        everything = queries.facts(connection, selection(settings, basis, Period(until=now), zone=zone, currency=None))
        text = "{share} of the log lines could not be read; `llmcost db rejects` lists them"
        found.append(_share(settings, ("rejected",), lines, lines + everything.rows, most=gate.rejected, text=text))
    if gate.cost is not None:
        found.append(_spent(settings, gate.cost, cost, facts, sums))
    return found


def hides_cost(settings: Settings, unpriced: int, requests: int, sums: int = 0) -> bool:
    """Whether more than the allowed share of requests has no known price, so that a sum of their cost proves nothing.

    Nobody knows how many requests `sums` of unknown cost are of: any of them is too many, unless all may lack a price.
    """
    allowed = settings.gate.unpriced or Decimal(0)
    return unpriced > allowed * requests or (sums > 0 and allowed < 1)


def _spent(settings: Settings, most: Decimal, cost: Decimal, facts: Facts, sums: int) -> Measured:
    """What was spent against its limit: one that is reached is a failure whatever else was spent."""
    hidden = cost < most and hides_cost(settings, facts.unpriced, facts.requests, sums)
    message = f"{settings.currency} {cost:,.2f} were spent in {settings.gate.period}; the limit is {most:,.2f}"
    if hidden:
        allowed = settings.gate.unpriced or Decimal(0)
        message = f"{message}; {missing_reason(facts.unpriced, facts.requests, allowed, sums)}"
    return Measured(
        name="cost",
        outcome="failed" if cost >= most else "not_evaluated" if hidden else "ok",
        value=cost,
        limit=most,
        message=message,
        place=place_of(settings, "gate", "cost"),
        missing=hidden,
    )


def _share(
    settings: Settings, path: tuple[str, ...], part: Decimal, whole: Decimal, *, most: Decimal, text: str
) -> Measured:
    """A share against its limit, compared without dividing; a share of nothing is not known."""
    name, place = path[0], place_of(settings, "gate", *path)
    limit = f"{most:f}"
    if not whole:
        message = f"{name}: there is nothing to take a share of in this period"
        return Measured(
            name=name, outcome="not_evaluated", value=None, limit=limit, message=message, place=place, missing=True
        )
    share = EXACT.divide(part, whole)
    message = f"{text.replace('{share}', _percent(share))}; {_percent(most)} is allowed"
    failed = part > EXACT.multiply(most, whole)
    return Measured(
        name=name,
        outcome="failed" if failed else "ok",
        value=f"{share:.6f}",
        limit=limit,
        message=message,
        place=place,
    )


def _cost(connection: "Connection", chosen: Selection) -> Decimal:
    value = queries.totals(connection, chosen, [metric("cost")])["cost"]
    return value if isinstance(value, Decimal) else Decimal(0)


def _narrowed(connection: "Connection", chosen: Selection, values: Mapping[str, str | None]) -> Selection:
    """The rows with those values; None is none."""
    more = [
        (resolve(connection, name), Condition(key=name, operator="=", values=(value,)))
        for name, value in values.items()
    ]
    return replace(chosen, conditions=(*chosen.conditions, *more))


def _percent(share: Decimal) -> str:
    """At most two decimals, and never 0% of something."""
    percent = EXACT.multiply(share, Decimal(100))
    if 0 < percent < Decimal("0.01"):
        return "less than 0.01%"
    text = f"{percent:.2f}"
    return f"{text.rstrip('0').rstrip('.')}%"


def _age(length: timedelta, longest: timedelta) -> str:
    """Rounded down, but never to what is allowed if it is more."""
    words: list[str] = []
    told = timedelta()
    for size, unit in _units_of(length):
        count = (length - told) // size
        if count:
            words.append(f"{count} {unit}")
            told += count * size
        if words and (told > longest or length <= longest):
            break
    return " ".join(words) or "0 min"


def _length(length: timedelta) -> str:
    """A whole number of the largest unit it is one of."""
    return next(f"{length // size} {unit}" for size, unit in _units_of(length) if not length % size)


def _units_of(length: timedelta) -> tuple[tuple[timedelta, str], ...]:
    """From the one it is told in to the smallest: two days are 48 hours."""
    return _UNITS[0 if length >= timedelta(days=3) else 1 if length >= timedelta(hours=1) else 2 :]
