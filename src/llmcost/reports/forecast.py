"""What a month will have cost, for all requests or by any dimension, with what the answer is worth.

Days are those of the wall clock, 23 to 25 hours long. The day that is running counts with what it has cost so far, and is
forecast for the rest of it; it is no part of the past that is learned from.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Literal, get_args

from llmcost.domain.errors import DataError, UsageError
from llmcost.domain.exact import EXACT, total
from llmcost.domain.period import Period, add_months, start_of
from llmcost.ledger import queries, scopes
from llmcost.ledger.composition import Basis, Selection
from llmcost.ledger.exports_basis import exported_until
from llmcost.ledger.groups import Number
from llmcost.ledger.keys import resolve
from llmcost.ledger.metrics import metric
from llmcost.ledger.scopes import Scope
from llmcost.reports.growth import Growth, growth
from llmcost.reports.question import Question, check_rates, selection
from llmcost.stats import backtest

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection
    from llmcost.ledger.keys import Key

Target = Literal["month", "next-month"]
TARGETS: tuple[Target, ...] = get_args(Target)
STALE = timedelta(hours=48)
"""How old the newest request may be where llmcost.yaml says nothing: days without data are not days without cost."""

_CENT = Decimal("0.01")
_DAY_BEGINS = timedelta(hours=2)
"""A ledger whose first request is later than this in its day began in the middle of that day."""
_CAPACITY_DAYS = 28

Values = tuple[str | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """The forecast of one group."""

    values: Values
    spent: Decimal
    """In the period so far."""
    expected: Decimal | None
    """At the end of the period, to the cent; None where the history is too short."""
    low: Decimal | None
    high: Decimal | None
    history: int
    """Whole days of history."""
    basis: backtest.Forecast | None
    growth: tuple[Growth, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """The busiest minutes of one model."""

    model: str | None
    requests: int | None
    """The most requests started in one minute."""
    tokens: int | None
    """The most tokens of requests started in one minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastReport:
    """What is forecast, and of what."""

    target: Target
    first: date
    end: date
    """The day after the last."""
    now: datetime
    zone: tzinfo
    currency: str
    basis: Basis
    """Whether requests or exports were counted."""
    by: tuple[str, ...]
    rows: tuple[Expected, ...]
    """The groups, what is expected to cost most first; without `by` none."""
    hidden: int
    """Groups left out by `top`."""
    whole: Expected
    capacity: tuple[Peak, ...]
    """Of the last 28 days, the busiest first."""
    requests: int
    unpriced: int
    """Requests of the last 28 days whose cost is unknown; in no forecast."""


def forecast(
    connection: "Connection", question: Question, target: Target, now: datetime, *, stale: timedelta = STALE
) -> ForecastReport:
    """Forecast the cost of the running or of the next month.

    Exports come a day late, so that with them the forecast is made as of their end. Raises DataError when the newest request,
    or the end of the exports, is older than `stale`, or nothing at all can be forecast.
    """
    zone = question.zone
    everything = selection(connection, replace(question, where=(), period=Period(until=now.astimezone(UTC))))
    question = replace(question, basis=everything.basis)
    begins, now = _reach(connection, everything, now, stale)
    today = now.astimezone(zone).date()
    first = today.replace(day=1)
    if target == "next-month":
        first = add_months(first, 1)
    instant = now.astimezone(UTC)
    question = replace(question, period=Period(until=instant))
    chosen = selection(connection, question)
    check_rates(connection, chosen)
    keys = [resolve(connection, name) for name in dict.fromkeys(question.by)]
    if any(key.grain for key in keys):
        raise UsageError("a forecast cannot be taken apart by time", hint="use --by with dimensions or tags")
    days, sums = _daily(connection, chosen, keys, begins.astimezone(zone).date(), today)
    partial = begins - start_of(days[0], zone) > _DAY_BEGINS and len(days) > 1
    frame = _Frame(first=first, end=add_months(first, 1), today=today, now=now, zone=zone, days=days, partial=partial)
    whole = frame.expected((), _together(sums.values(), len(days)))
    rows = [frame.expected(values, amounts) for values, amounts in sums.items()] if keys else []
    rows.sort(key=lambda one: (-(one.expected or one.spent), tuple((v is None, v or "") for v in one.values)))
    if whole.expected is None and all(one.expected is None for one in rows):
        raise DataError(
            f"{whole.history} whole days of history are too few to forecast from: {backtest.MIN_HISTORY} are needed",
            hint=f"forecast again from {today + timedelta(days=backtest.MIN_HISTORY - whole.history)} on, or ingest older logs",
        )
    shown = rows if question.top is None else rows[: question.top]
    recent = replace(chosen, period=Period(since=start_of(today - timedelta(days=_CAPACITY_DAYS), zone), until=instant))
    facts = queries.facts(connection, recent)
    return ForecastReport(
        target=target,
        first=frame.first,
        end=frame.end,
        now=now,
        zone=zone,
        currency=question.currency,
        basis=chosen.basis,
        by=tuple(key.name for key in keys),
        rows=tuple(shown),
        hidden=len(rows) - len(shown),
        whole=whole,
        capacity=_capacity(connection, recent),
        requests=facts.requests,
        unpriced=facts.unpriced,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """The days of a forecast: those known, and those asked for."""

    first: date
    end: date
    today: date
    now: datetime
    zone: tzinfo
    days: Sequence[date]
    """From that of the ledger's first request to today."""
    partial: bool
    """Whether the first of them began before the ledger did: it is spent, but nothing is learned from it."""

    def expected(self, values: Values, amounts: Sequence[Decimal]) -> Expected:
        """The forecast of one group, from its first whole day with any cost on."""
        *past, today = amounts
        whole = past[self.partial :]
        begins = next((place for place, amount in enumerate(whole) if amount), len(whole))
        history = whole[begins:]
        spent = total(amount for day, amount in zip(self.days, amounts, strict=True) if self.first <= day < self.end)
        lead = max((self.first - self.today).days, 0)
        length = (self.end - max(self.first, self.today)).days
        found = backtest.forecast([float(amount) for amount in history], lead, length)
        expected = low = high = None
        if found is not None:
            over = self._elapsed() if not lead else 0.0
            rest = found.total - found.daily[0] * over if not lead else found.total
            margin = found.margin * (length - over) / length
            expected = EXACT.add(spent, _cents(rest))
            low = max(EXACT.subtract(expected, _cents(margin)), spent)
            high = EXACT.add(expected, _cents(margin))
        return Expected(
            values=values,
            spent=spent,
            expected=None if expected is None else _rounded(expected),
            low=None if low is None else _rounded(low),
            high=None if high is None else _rounded(high),
            history=len(history),
            basis=found,
            growth=growth([*whole, today], self.today),
        )

    def _elapsed(self) -> float:
        """Share of today that is over."""
        start = start_of(self.today, self.zone)
        return (self.now - start) / (start_of(self.today + timedelta(days=1), self.zone) - start)


def _reach(
    connection: "Connection", everything: Selection, now: datetime, stale: timedelta
) -> tuple[datetime, datetime]:
    """Start of what the ledger has, and up to when it has all of it.

    Raises DataError when that is too long ago to say that nothing was spent since.
    """
    bounds = scopes.bounds(connection, everything)
    what = "usage exports" if everything.basis == "exports" else "requests"
    if bounds is None:
        raise DataError(f"the ledger has no {what} before {now:%Y-%m-%d %H:%M}", hint="read logs with llmcost ingest")
    first, last = (bound.replace(tzinfo=UTC) for bound in bounds)
    until = now
    if everything.basis == "exports":
        ends = exported_until(connection, now.astimezone(UTC).replace(tzinfo=None), everything.zone)
        last = last if ends is None else ends.replace(tzinfo=UTC)
        until = min(now, last.astimezone(now.tzinfo))
    if now - last > stale:
        newest = "the exports end at" if everything.basis == "exports" else "the newest request is of"
        later = last if everything.basis == "exports" else last + timedelta(minutes=1)
        raise DataError(
            f"{newest} {last:%Y-%m-%d %H:%M} UTC: what was spent since is not known",
            hint=f"ingest newer ones, or forecast from then with --as-of {later:%Y-%m-%dT%H:%MZ}",
        )
    return first, until


def _daily(
    connection: "Connection", chosen: Selection, keys: Sequence["Key"], first: date, today: date
) -> tuple[list[date], dict[Values, list[Decimal]]]:
    """The days from the ledger's first to today, and what each group cost on each of them."""
    days = [first + timedelta(days=place) for place in range((today - first).days + 1)]
    places = {day.isoformat(): place for place, day in enumerate(days)}
    table = scopes.spending(connection, chosen, [Scope(conditions=())], [*keys, resolve(connection, "day")])
    sums: dict[Values, list[Decimal]] = {}
    for (*values, day), (spent,) in table.items():
        if day in places:
            sums.setdefault(tuple(values), [Decimal(0)] * len(days))[places[day]] = spent.cost
    return days, sums


def _together(groups: Iterable[Sequence[Decimal]], days: int) -> list[Decimal]:
    columns = list(groups)
    return [total(amounts[place] for amounts in columns) for place in range(days)]


def _capacity(connection: "Connection", recent: Selection) -> tuple[Peak, ...]:
    if recent.basis != "requests":
        return ()
    wanted = [metric("peak_requests_per_minute"), metric("peak_tokens_per_minute")]
    groups, _ = queries.grouped(connection, recent, [resolve(connection, "model")], wanted)
    found = [
        Peak(
            model=group.keys[0],
            requests=_whole(group.values["peak_requests_per_minute"]),
            tokens=_whole(group.values["peak_tokens_per_minute"]),
        )
        for group in groups
    ]
    return tuple(sorted(found, key=lambda one: (-(one.requests or 0), one.model is None, one.model or "")))


def _whole(value: Number | None) -> int | None:
    return None if value is None else int(value)


def _cents(amount: float) -> Decimal:
    return Decimal(repr(amount)).quantize(_CENT, ROUND_HALF_EVEN, EXACT)


def _rounded(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_EVEN, EXACT)
