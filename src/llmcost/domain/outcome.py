"""A business event counted by day: what the money spent on calls brought about."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

PLACES = 6
"""Decimals a value keeps."""
LIMIT = Decimal(10) ** 12
"""Values are smaller than this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One count or amount of one day, such as 120 conversions of acme in search."""

    day: date
    """The calendar day the source says; reports take it for a day of their own time zone."""
    dimensions: tuple[tuple[str, str | None], ...]
    """What it is broken down by, in order of name; None is unattributed."""
    metric: str
    """revenue, engagements, conversions, active_users or a name of the user's own."""
    value: Decimal
    """With `PLACES` decimals. Revenue is in the currency of the price list."""
