"""How near a limit came to being used up: told by what replays limits, read by what looks for waste."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Headroom:
    """One limit, and what was asked of it in windows that start with the clock or the calendar.

    A limit on requests under way was asked for the most that were at once in a minute.
    """

    rule_id: str
    file: str
    """Where it is written."""
    amount: Decimal
    """In its unit; cost in US dollars."""
    unit: str
    """requests, tokens, input_tokens, output_tokens, cost or concurrency."""
    window: str
    """Such as `day` or `10 minutes`."""
    per: tuple[str, ...]
    """What it has a counter for each value of; none: one counter for all."""
    threshold: Decimal
    """Percent of the amount from which on a window counts as nearly used up."""
    requests: int
    """Requests it is about."""
    cost: Decimal
    """Of these, US dollars."""
    counters: int
    windows: int
    """Windows with any use, of all counters."""
    short: int
    """Counters nearly used up so often that it is no accident."""
    near: int
    """Of their windows, those at the threshold or beyond."""
    full: int
    """Of these, those with all of it used or more asked for."""
    most: Decimal
    """The largest use of one window by a short counter, refused or not; in the unit."""
    most_subject: str
    """Whose it was, such as `user:bob`; `everyone` where all share a counter."""
    sql: str
    """The use of every counter and window."""
    values: Mapping[str, object]
    """Bound in it."""
