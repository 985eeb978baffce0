"""Dated exchange rates: from which day on one unit of the price list's currency is worth how many of another.

    EUR: {2026-10: "0.9215", 2026-11-03: "0.93"}

A month stands for its first day. A rate holds from its first day until the next; before the first there is none.
"""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation

Rates = tuple[tuple[date, Decimal], ...]
"""(first day, rate), by day; no day twice."""

BASE = "USD"
"""The currency of the price list, and of every amount in a ledger."""
PLACES = 8
"""Decimals a rate may have; with the ledger's 12 a converted amount has 20, which is exact."""
_DAY = re.compile(r"\d{4}-\d{2}(?:-\d{2})?")
_TOO_LARGE = Decimal(10) ** 10


class RateError(ValueError):
    """Something in a table is no rate, in words a user can act on."""

    def __init__(self, message: str, key: str) -> None:
        super().__init__(message)
        self.key = key
        """Which entry."""


def rates_of(table: Mapping[str, object]) -> Rates:
    """The rates of one currency, by day; RateError when something in it is no rate."""
    found: dict[date, Decimal] = {}
    for key, value in table.items():
        day = _day(key)
        if day in found:
            raise RateError(f"two rates for {day}", key)
        found[day] = _rate(key, value)
    return tuple(sorted(found.items()))


def rate_on(rates: Rates, day: date) -> tuple[date, Decimal]:
    """The rate of a day, and since when it holds; the first holds before it, too."""
    return max((one for one in rates if one[0] <= day), default=rates[0])


def _day(key: str) -> date:
    text = str(key)
    if not _DAY.fullmatch(text):
        raise RateError(f"{text!r} is neither a month such as 2026-10 nor a day such as 2026-10-03", key)
    try:
        return date.fromisoformat(text if len(text) == 10 else f"{text}-01")
    except ValueError as error:
        raise RateError(f"there is no day {text}", key) from error


def _rate(key: str, value: object) -> Decimal:
    try:
        rate = Decimal(str(value)) if isinstance(value, (str, int, Decimal)) and not isinstance(value, bool) else None
    except InvalidOperation:
        rate = None
    if rate is None or not rate.is_finite() or not 0 < rate < _TOO_LARGE:
        raise RateError(f"the rate of {key} is {value!r}, not a number above 0", key)
    exponent = rate.normalize().as_tuple().exponent
    if isinstance(exponent, int) and exponent < -PLACES:
        raise RateError(f"the rate of {key} has more than {PLACES} decimals", key)
    return rate
