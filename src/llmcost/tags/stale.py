"""Tag keys and values that requests used to carry and do not any more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from llmcost.tags.check import Known, is_identity
from llmcost.tags.usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Stale:
    """A key, or one value of a key that is itself in use. Times are naive UTC."""

    key: str
    value: str | None
    """None for the key as a whole."""
    requests: int
    cost: Decimal | None
    first: datetime
    last: datetime


def stale(
    found: Usage, known: Known, age: timedelta, now: datetime | None = None, keys: Sequence[str] = ()
) -> tuple[Stale, ...]:
    """What was not met within `age` before `now` (naive UTC; the last request if not given), longest ago first.

    Values that came once or twice were never in use and are left out, and so are ids (customers and users come and go)
    unless their key is named.
    """
    end = now or found.last
    if end is None:
        return ()
    old: list[Stale] = []
    for key in found.keys:
        if keys and key.key not in keys:
            continue
        if end - key.last > age:
            old.append(
                Stale(key=key.key, value=None, requests=key.requests, cost=key.cost, first=key.first, last=key.last)
            )
            continue
        old += [
            Stale(key=key.key, value=one.value, requests=one.requests, cost=one.cost, first=one.first, last=one.last)
            for one in key.values
            if end - one.last > age and one.requests >= _LEAST and (keys or not is_identity(key.key, known))
        ]
    return tuple(sorted(old, key=lambda one: (one.value is not None, one.last, one.key, one.value or "")))


_LEAST = 3
"""Requests from which on a value counts as one that was in use."""
