"""Charges that no single call causes: capacity by the hour, hours nobody used, units a provider gives away.

They stand beside the cost of the calls and are never spread over them: a call costs what it would cost alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from fractions import Fraction
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from llmcost.domain.exact import half_even
from llmcost.domain.period import start_of
from llmcost.domain.printable import printable
from llmcost.domain.text import plural
from llmcost.ledger import quantities
from llmcost.ledger.exported import billed_days
from llmcost.pricing.agreements import covers
from llmcost.pricing.labels import identity, labels
from llmcost.pricing.price_file import read_price_file
from llmcost.pricing.price_list import FEE_UNITS, load_price_list
from llmcost.pricing.rate_terms import terms_of
from llmcost.pricing.units import QUANTITIES
from llmcost.pricing.user_files import user_files

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from llmcost.domain.period import Period
    from llmcost.ledger.connection import Connection
    from llmcost.pricing.agreements import Allowance, Provisioned, SelfHosted
    from llmcost.pricing.price_list import PriceList

Kind = Literal["commitment", "idle", "credit"]
_HOUR = timedelta(hours=1)
_NO_DAYS: Mapping[str, Collection[date]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One line beside the calls."""

    kind: Kind
    """`commitment`: hours paid for. `idle`: what hours cost beyond what calls were charged. `credit`: given away."""
    name: str
    provider: str
    first_day: date
    last_day: date
    """Of the hours it is for; of a credit the day itself."""
    grain: Literal["month", "day"]
    """What it lies within."""
    quantity: Decimal
    unit: str
    unit_price: Decimal
    amount: Decimal
    """In the price list's currency, 12 places; negative for a credit, and for a part of idle hours in which calls were
    charged more than the hours cost."""


def named_in(pricing: Sequence[Path]) -> bool:
    """Whether these price files or the user's own name any such charge; reading a file is quick, loading all prices is not."""
    found = map(read_price_file, filter(_may_name, [*user_files(), *pricing]))
    return any(one.provisioned or one.self_hosted or one.allowances for one in found)


def _may_name(path: Path) -> bool:
    """Whether a file has to be read for its charges: one that an update wrote is long and has none."""
    try:
        text = path.read_bytes()
    except OSError:
        # Reading it as prices says what is wrong.
        return True
    return any(key in text for key in (b"provisioned", b"self_hosted", b"allowances"))


def list_with_charges(pricing: Sequence[Path]) -> PriceList | None:
    """The price list with these files, where they or the user's own name such charges; None where none is named."""
    return load_price_list(pricing) if named_in(pricing) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Clock:
    """Where hours are parted."""

    zone: tzinfo
    """Whose months and days."""
    turns: tuple[datetime, ...]
    daily: bool
    """Whether each day of a commitment is a part."""
    billed: Mapping[str, Collection[date]]
    """By provider, days that are no part of anything."""

    @property
    def grain(self) -> Literal["month", "day"]:
        """What a part of a commitment lies within."""
        return "day" if self.daily else "month"

    def committed(self, provider: str, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The parts of hours that cost the same whatever is used of them."""
        for start, end in (part for month in self.months(provider, since, until) for part in month):
            first, last = self.days(start, end)
            midnights = (
                start_of(first + timedelta(days=after), self.zone) for after in range(1, (last - first).days + 1)
            )
            yield from pairwise([start, *(midnights if self.daily else ()), end])

    def months(self, provider: str, since: datetime, until: datetime) -> Iterator[list[tuple[datetime, datetime]]]:
        """The parts of a stretch of time, month by month."""
        billed = self.billed.get(provider, ())
        edges = {day + timedelta(days=after) for day in billed for after in (0, 1)}
        turns = sorted({*self.turns, *(start_of(day, self.zone) for day in edges)})
        start = since
        while start < until:
            first = start.astimezone(self.zone).date().replace(day=1)
            following = start_of((first + timedelta(days=32)).replace(day=1), self.zone)
            end = min(following, until)
            parts = pairwise([start, *(turn for turn in turns if start < turn < end), end])
            yield [part for part in parts if self.days(*part)[0] not in billed]
            start = following

    def days(self, start: datetime, end: datetime) -> tuple[date, date]:
        """The first and the last day of a part."""
        last = end - timedelta(microseconds=1)
        return start.astimezone(self.zone).date(), last.astimezone(self.zone).date()


def charge_lines(
    connection: Connection,
    prices: PriceList,
    period: Period,
    *,
    zone: tzinfo = UTC,
    turns: Sequence[date] = (),
    daily: bool = False,
    billed: Mapping[str, Collection[date]] = _NO_DAYS,
) -> tuple[Charge, ...]:
    """Charges of a period, by kind, name and time; hours are parted by month in the zone, and at the beginning of `turns`.

    `daily` parts commitments by day as well. What of a machine's hours was idle is told for all of a month only. What falls on
    the days of a provider in `billed` is left out.

    A period without an end lasts to the end of the last request's day (UTC), one without a beginning starts with the
    first request's. A day of an allowance belongs to the period it begins in.
    """
    bounds = _bounds(connection, period)
    if bounds is None:
        return ()
    since, until = bounds
    # Elsewhere the first request's day may have begun before midnight UTC.
    first = since if period.since is not None else since - timedelta(days=2)
    clock = _Clock(zone=zone, turns=tuple(start_of(day, zone) for day in turns), daily=daily, billed=billed)
    lines = [
        *(line for one in prices.provisioned for line in _committed(one, clock, since, until)),
        *(line for one in prices.self_hosted for line in _hosted(connection, one, clock, since, until)),
        *(
            line
            for one in prices.allowances
            for line in _credited(connection, prices, one, first, until)
            if line.first_day not in billed.get(line.provider, ())
        ),
    ]
    return tuple(sorted(lines, key=lambda one: (one.kind, one.name, one.first_day, one.unit_price)))


def days_billed(
    connection: Connection, prices: PriceList, period: Period, *, zone: tzinfo = UTC
) -> dict[str, frozenset[date]]:
    """By provider of such charges, the days of a period that a bill among the exports tells of, and so of these, too."""
    first = None if period.since is None else period.since.astimezone(zone).date()
    end = None if period.until is None else (period.until - timedelta(microseconds=1)).astimezone(zone).date()
    named = {one.provider for one in prices.provisioned} | {one.provider for one in prices.allowances}
    named |= {one.id.partition("/")[0] for one in prices.self_hosted}
    found = {
        provider: frozenset(day for day in days if (first is None or first <= day) and (end is None or day <= end))
        for provider, days in billed_days(connection).items()
        if provider in named
    }
    return {provider: found[provider] for provider in sorted(found) if found[provider]}


def billed_note(billed: Mapping[str, Collection[date]]) -> tuple[str, ...]:
    """What to say of charges that give way to a bill."""
    if not billed:
        return ()
    who = ", ".join(f"{printable(provider)} on {plural(len(days), 'day')}" for provider, days in billed.items())
    return (f"capacity and credits that price files name are as billed where exports have a bill: {who}",)


def _bounds(connection: Connection, period: Period) -> tuple[datetime, datetime] | None:
    since, until = period.since, period.until
    if since is None or until is None:
        known = quantities.span(connection)
        if known is None:
            return None
        first, last = (moment.replace(tzinfo=UTC, hour=0, minute=0, second=0, microsecond=0) for moment in known)
        since, until = since or first, until or last + timedelta(days=1)
    return (since, until) if since < until else None


def _overlap(term: Provisioned | SelfHosted | Allowance, since: datetime, until: datetime) -> tuple[datetime, datetime]:
    return max(since, term.since or since), min(until, term.until or until)


def _hours(since: datetime, until: datetime) -> Fraction:
    length = until - since
    return Fraction(length // timedelta(microseconds=1), _HOUR // timedelta(microseconds=1))


def _committed(term: Provisioned, clock: _Clock, since: datetime, until: datetime) -> Iterator[Charge]:
    for start, end in clock.committed(term.provider, *_overlap(term, since, until)):
        quantity = _hours(start, end) * Fraction(term.units)
        first_day, last_day = clock.days(start, end)
        yield Charge(
            kind="commitment",
            name=term.name,
            provider=term.provider,
            first_day=first_day,
            last_day=last_day,
            grain=clock.grain,
            quantity=half_even(quantity),
            unit="unit-hour",
            unit_price=term.usd_per_unit_hour,
            amount=half_even(quantity * Fraction(term.usd_per_unit_hour)),
        )


def _hosted(
    connection: Connection, term: SelfHosted, clock: _Clock, since: datetime, until: datetime
) -> Iterator[Charge]:
    """All hours of a machine whose calls are free, or the part of them that calls were not charged for."""
    price = Fraction(term.usd_per_gpu_hour)
    hourly = Fraction(term.gpus) * price
    if not price:
        return
    provider, _, model = term.id.partition("/")
    if term.tokens_per_gpu_hour is None:
        for start, end in clock.committed(provider, *_overlap(term, since, until)):
            yield _machine(term, clock, start, end, _hours(start, end) * hourly)
        return
    months = list(clock.months(provider, *_overlap(term, since, until)))
    parts = [(_naive(start), _naive(end)) for month in months for start, end in month]
    if not parts:
        return
    charged = quantities.computed_costs(connection, provider=provider, model=model, parts=parts)
    for month in months:
        idle = [
            (start, end, _hours(start, end) * hourly - Fraction(charged.get(_naive(start), Decimal(0))))
            for start, end in month
        ]
        # A machine that did more than it was thought to do was never idle, however its month is parted.
        if sum(amount for _, _, amount in idle) > 0:
            yield from (_machine(term, clock, start, end, amount) for start, end, amount in idle if amount)


def _machine(term: SelfHosted, clock: _Clock, start: datetime, end: datetime, amount: Fraction) -> Charge:
    """So much of a machine's hours."""
    provider, _, model = term.id.partition("/")
    idle = term.tokens_per_gpu_hour is not None
    first_day, last_day = clock.days(start, end)
    return Charge(
        kind="idle" if idle else "commitment",
        name=model,
        provider=provider,
        first_day=first_day,
        last_day=last_day,
        grain="month" if idle else clock.grain,
        quantity=half_even(amount / Fraction(term.usd_per_gpu_hour)),
        unit=f"{term.gpu or 'GPU'}-hour",
        unit_price=term.usd_per_gpu_hour,
        amount=half_even(amount),
    )


def _credited(
    connection: Connection, prices: PriceList, term: Allowance, since: datetime, until: datetime
) -> Iterator[Charge]:
    """What an allowance takes off each of its days, the cheapest units first: never more than the provider must give."""
    zone = ZoneInfo(term.tz)
    first, last = _overlap(term, since, until)
    days = [
        (day, fee, quantity)
        for quarter, price_id, quantity in quantities.usage_by_quarter_hour(
            connection,
            column=QUANTITIES[term.unit],
            provider=term.provider,
            since=_naive(first),
            # The last day may end after the period does.
            until=_naive(last + timedelta(days=1, hours=2)),
        )
        if (fee := _fee(prices, term, price_id)) is not None
        and first <= _midnight(day := quarter.replace(tzinfo=UTC).astimezone(zone).date(), zone) < last
    ]
    for day, group in groupby(sorted(days), key=lambda one: one[0]):
        left = Decimal(term.free)
        for fee, parts in groupby(group, key=lambda one: one[1]):
            taken = min(left, sum((quantity for _, _, quantity in parts), Decimal(0)))
            left -= taken
            if taken and fee:
                yield Charge(
                    kind="credit",
                    name=term.group,
                    provider=term.provider,
                    first_day=day,
                    last_day=day,
                    grain="day",
                    quantity=taken.normalize() + 0,
                    unit=term.unit,
                    unit_price=half_even(fee),
                    amount=-half_even(Fraction(taken) * fee),
                )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def _fee(prices: PriceList, term: Allowance, price_id: str) -> Fraction | None:
    """Price of one unit under a price id; None where the allowance is not about its model or the list has it no more."""
    head, _, tail = price_id.partition("#")
    # A model's name may have an `@` of its own.
    model = prices.models.get(head) or prices.models.get(head.rpartition("@")[0])
    if model is None or not any(covers(pattern, model.id) for pattern in term.models):
        return None
    price = next((one for one in model.prices if identity(model, one) == head), None)
    if price is None:
        return None
    agreed = [one for one in prices.contracts if one.covers(model.id)]
    named, held = labels(price, agreed), tail.split(",")
    fees = terms_of(price, [one for one in price.variants if named[id(one)] in held]).fees
    contract = next((one for one in agreed if "fees" in one.applies_to and named[id(one)] in held), None)
    factor = Fraction(1) if contract is None else Fraction(contract.factor)
    return Fraction(fees.get(term.unit, Decimal(0))) / FEE_UNITS[term.unit] * factor


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
