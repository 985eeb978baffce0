"""The algorithms by which gateways count: a module is one of them, a class is all counters of one limit.

What they share, so that two of them differ in nothing but their idea of a window:

- Time is whole microseconds since 1970-01-01T00:00:00Z and never goes back from one call to the next.
- `used` is what counts at an instant, `charge` adds to it. Both are exact: whole numbers in units of 1/`scale`.
- A limit is inclusive: a request of weight 1 is let through while `used + 1 <= amount`, so exactly `amount` fit.
- A charge at the very instant of a question, made before it, counts. Equal instants are told apart by the order of calls.
"""

from __future__ import annotations

from typing import Protocol


class Meter(Protocol):
    """All counters of one limit, one per key."""

    scale: int
    """How many units of `used` one unit of weight is."""

    def used(self, key: str, now: int) -> int:
        """What counts against the limit at `now`, times `scale`."""

    def charge(self, key: str, now: int, weight: int) -> None:
        """Count `weight` at `now`."""

    def reopens(self, now: int) -> int | None:
        """When a caller refused at `now` who waits for a whole window comes back; None: never."""

    def opens(self, key: str, now: int) -> int | None:
        """When a counter that refused at `now` has room at the latest, if nothing more is charged; None: never."""
