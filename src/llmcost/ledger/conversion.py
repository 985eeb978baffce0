"""Amounts of the ledger in another currency, exactly: each row at the rate of the day it began on."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo

from llmcost.domain.fx import PLACES, Rates

COSTS = (
    "input_cost",
    "cache_read_cost",
    "cache_write_cost",
    "output_cost",
    "reasoning_cost",
    "audio_cost",
    "image_cost",
    "unit_cost",
    "cost",
    "list_value",
)
"""Amounts that rating fills."""

MONEY = (*COSTS, "billed_cost")
"""Columns of `request` in the price list's currency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """Into which currency, at which rates, and in which time zone a day begins."""

    currency: str
    rates: Rates
    """At least one."""
    zone: tzinfo

    @property
    def first(self) -> datetime:
        """When the first rate begins to hold, naive UTC."""
        return self._starts()[0]

    def rate(self, instant: str) -> str:
        """SQL for the rate at the UTC timestamp `instant`, a decimal of 8 places; the first holds before it, too."""
        literals = [f"cast({rate:f} as decimal(18, {PLACES}))" for _, rate in self.rates]
        return _chosen(instant, self._starts(), literals)

    def used(self, first: datetime, last: datetime) -> Rates:
        """The rates that hold between two naive UTC times."""
        starts = self._starts()
        ends = [*starts[1:], datetime.max]  # noqa: DTZ901  naive, as the ledger is
        return tuple(
            rate for rate, start, end in zip(self.rates, starts, ends, strict=True) if start <= last and end > first
        )

    def day(self, instant: datetime) -> date:
        """The day a naive UTC time falls on."""
        return instant.replace(tzinfo=UTC).astimezone(self.zone).date()

    def _starts(self) -> list[datetime]:
        return [
            datetime.combine(day, time(), tzinfo=self.zone).astimezone(UTC).replace(tzinfo=None)
            for day, _ in self.rates
        ]


def _chosen(instant: str, starts: list[datetime], values: list[str]) -> str:
    """The value in force, found by halves: years of daily rates take ten comparisons a row."""
    if len(values) == 1:
        return values[0]
    half = len(values) // 2
    earlier = _chosen(instant, starts[:half], values[:half])
    later = _chosen(instant, starts[half:], values[half:])
    return f"case when {instant} < timestamp '{starts[half]:%Y-%m-%d %H:%M:%S}' then {earlier} else {later} end"
