"""Growth on windows of equal length whose weekdays match: week over week, four weeks over four, month over month.

A month is compared as far as it has come, in whole days, with as many first days of the month before. Today, which is not
over, is in none of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from llmcost.domain.exact import EXACT, total

FLOOR = Decimal(1)
"""Below this much before, a percentage says nothing."""
_PLACES = Decimal("0.000001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """A window and the one before it."""

    name: str
    since: date
    until: date
    """The day after the last."""
    before_since: date
    before_until: date
    before: Decimal
    after: Decimal

    @property
    def change(self) -> Decimal:
        """The difference."""
        return EXACT.subtract(self.after, self.before)

    @property
    def share(self) -> Decimal | None:
        """The difference as a share of the window before; None below the floor."""
        if self.before < FLOOR:
            return None
        return EXACT.divide(self.change, self.before).quantize(_PLACES, ROUND_HALF_EVEN, EXACT)


def growth(amounts: Sequence[Decimal], today: date) -> tuple[Growth, ...]:
    """The windows the amounts reach back far enough for; the last of them is today's."""
    first = today - timedelta(days=len(amounts) - 1)
    month = today.replace(day=1)
    before = (month - timedelta(days=1)).replace(day=1)
    elapsed = min((today - month).days, (month - before).days)
    windows = (
        ("week", today - timedelta(days=7), today - timedelta(days=14), 7),
        ("four-weeks", today - timedelta(days=28), today - timedelta(days=56), 28),
        ("month-to-date", month, before, elapsed),
    )

    def spent(since: date, days: int) -> Decimal:
        place = (since - first).days
        return total(amounts[place : place + days])

    return tuple(
        Growth(
            name=name,
            since=since,
            until=since + timedelta(days=days),
            before_since=earlier,
            before_until=earlier + timedelta(days=days),
            before=spent(earlier, days),
            after=spent(since, days),
        )
        for name, since, earlier, days in windows
        if days and earlier >= first
    )
