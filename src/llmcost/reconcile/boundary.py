"""In which time zone a bill counts its days: the one under which most of its rows come out.

The zones that clocks are set to are ranked by how much the log, its days drawn there, looks like the bill, and settled in that
order until most rows come out. A bill in UTC stays in UTC unless another zone makes more rows come out to within rounding.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.domain.errors import UsageError
from llmcost.domain.period import time_zone
from llmcost.reconcile.rows import BilledCells, Book
from llmcost.reconcile.settle import MISS_BITS, Settlement, Settler

if TYPE_CHECKING:
    from llmcost.ledger.billing import LoggedUsage, Slot

_HALF_HOURS = (*range(-24, 29, 2), -19, -7, -5, 7, 9, 11, 13, 19, 21)
"""Offsets from UTC in use, in half hours; https://www.iana.org/time-zones. Quarter hours (Nepal, Chatham) are left out."""
_SWITCHING = ("America/Los_Angeles", "America/New_York", "Europe/London", "Europe/Berlin")
"""Zones whose clocks change, for bills that span a change."""
_ZONE_BITS = 16.0
"""What another zone has to be worth: three rows of a bill of whole cents, or one of exact amounts."""
_FINALISTS = 4
"""Zones that are tried in any case."""
_MANY = 3000
"""Groups of usage beyond which the others are not tried: a bill of a large ledger has enough rows to show its zone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """The days drawn in one zone, and what then explains the bill."""

    zone: tzinfo
    book: Book
    settlement: Settlement


def draw(
    cells: BilledCells,
    usages_in: Callable[[tzinfo], Sequence["LoggedUsage"]],
    slots: Callable[[], Sequence["Slot"]],
    settler: Settler,
    home: tzinfo,
) -> tuple[Drawn, Drawn]:
    """The days in `home`, and in the zone that explains most, which may be the same."""

    def drawn(zone: tzinfo) -> Drawn:
        book = Book(cells, usages_in(zone))
        return Drawn(zone=zone, book=book, settlement=settler.settle(book))

    first = drawn(home)
    if all(abs(row.billed - row.logged) <= row.tolerance for row in first.book.rows.values()):
        return first, first
    days = {key.since for key in cells.cells if key.until - key.since == timedelta(days=1)}
    if not days:
        return first, first
    best = first
    for position, zone in enumerate(_likeliest(cells, slots(), days, home)):
        if position >= _FINALISTS and (_comes_out(best) or len(first.book.usages) > _MANY):
            break
        other = drawn(zone)
        if _merit(other, first) > max(_merit(best, first), first.settlement.merit + _ZONE_BITS):
            best = other
    return first, best


def zone_name(zone: tzinfo) -> str:
    """A zone as people write it: `UTC-8`, `UTC+5:30`, `Europe/Berlin`."""
    if not isinstance(zone, timezone):
        return str(zone)
    offset = zone.utcoffset(None)
    minutes = round(offset.total_seconds() / 60)
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours}{f':{rest:02}' if rest else ''}"


def _merit(drawn: Drawn, first: Drawn) -> float:
    """That of its rows, less the rows that drawing the days there moves in vain."""
    missed = sum(
        key not in drawn.settlement.settled
        and row.is_moved(row.logged - (first.book.rows[key].logged if key in first.book.rows else Decimal(0)))
        for key, row in drawn.book.rows.items()
    )
    return drawn.settlement.merit - MISS_BITS * missed


def _comes_out(drawn: Drawn) -> bool:
    """Whether most rows do, so that no other zone can do much better."""
    return 4 * len(drawn.settlement.settled) >= 3 * sum(bool(row.billed) for row in drawn.book.rows.values())


def _likeliest(cells: BilledCells, slots: Sequence["Slot"], days: set[date], home: tzinfo) -> list[tzinfo]:
    """The zones, those first under which the log, up to a factor for each model, looks most like the bill."""
    zones = _zones(slots, home)
    billed: dict[tuple[str | None, str | None], dict[date, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for key, row in cells.cells.items():
        if key.since in days:
            billed[key.provider, key.model][key.since] += row.billed
    keys = {(slot.provider, slot.model): _column(billed, slot) for slot in slots}
    scores: list[tuple[Decimal, int, tzinfo]] = []
    for position, zone in enumerate(zones):
        local = {start: _day(start, zone) for start in {slot.start for slot in slots}}
        logged: dict[tuple[str | None, str | None], dict[date, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        for slot in slots:
            column = keys[slot.provider, slot.model]
            if column is not None:
                logged[column][local[slot.start]] += slot.cost
        distance = sum((_distance(billed[column], logged[column], days) for column in billed), Decimal(0))
        scores.append((distance, position, zone))
    return [zone for _, _, zone in sorted(scores, key=lambda one: one[:2])]


def _column(billed: Iterable[tuple[str | None, str | None]], slot: "Slot") -> tuple[str | None, str | None] | None:
    """Provider and model of the bill that a slot's cost is under."""
    known = set(billed)
    wanted = ((slot.provider, slot.model), (None, slot.model), (slot.provider, None), (None, None))
    return next((column for column in wanted if column in known), None)


def _distance(billed: dict[date, Decimal], logged: dict[date, Decimal], days: set[date]) -> Decimal:
    """How far apart two series are on their typical day, as a share, once the ratio that most days have is taken out."""
    pairs = [(billed.get(day, Decimal(0)), logged.get(day, Decimal(0))) for day in days]
    ratios = sorted(bill / log for bill, log in pairs if bill > 0 and log > 0)
    if not ratios:
        return Decimal(1)
    ratio = ratios[len(ratios) // 2]
    off = sorted(abs(bill - log * ratio) / bill for bill, log in pairs if bill > 0)
    return off[len(off) // 2] + sum(off, Decimal(0)) / len(off) / 100


def _zones(slots: Sequence["Slot"], home: tzinfo) -> list[tzinfo]:
    """Every zone that draws the days of these slots differently from home."""
    starts = sorted({slot.start for slot in slots})
    if not starts:
        return []
    found: list[tzinfo] = [timezone(timedelta(minutes=30 * half_hours)) for half_hours in _HALF_HOURS]
    for name in _SWITCHING:
        try:
            zone = time_zone(name)
        except UsageError:  # a system without a time zone database
            continue
        if _offset(starts[0], zone) != _offset(starts[-1], zone):
            found.append(zone)
    edges = (starts[0], starts[-1])
    return [zone for zone in found if any(_offset(edge, zone) != _offset(edge, home) for edge in edges)]


def _offset(start: datetime, zone: tzinfo) -> timedelta:
    return start.replace(tzinfo=UTC).astimezone(zone).utcoffset() or timedelta()


def _day(start: datetime, zone: tzinfo) -> date:
    return start.replace(tzinfo=UTC).astimezone(zone).date()
