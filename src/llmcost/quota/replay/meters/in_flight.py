"""Requests under way: what was let through counts until its response has ended, `[start, end)`, and there is no window.

LiteLLM's `max_parallel_requests` counts so: one more when a call is let through, one less when its answer or error is there
(https://github.com/BerriAI/litellm/blob/main/litellm/proxy/hooks/parallel_request_limiter_v3.py). A call that begins at the very
instant another ends finds its place free, and one that took no time holds none.
"""

from __future__ import annotations

from heapq import heappop, heappush, nsmallest


class InFlight:
    """Counters that remember when each call under way will have ended."""

    scale = 1

    def __init__(self, amount: int) -> None:
        """`amount` calls may be under way at once."""
        self._amount = amount
        self._ends: dict[str, list[int]] = {}

    def used(self, key: str, now: int) -> int:
        """How many calls are under way."""
        ends = self._ends.get(key)
        if ends is None:
            return 0
        while ends and ends[0] <= now:
            heappop(ends)
        return len(ends)

    def charge(self, key: str, now: int, weight: int) -> None:  # noqa: ARG002  as every meter
        """Count a call until it ends: other than with windows, `now` is its end."""
        heappush(self._ends.setdefault(key, []), now)

    def reopens(self, now: int) -> None:
        """No window passes; `opens` tells when a call has ended."""

    def opens(self, key: str, now: int) -> int | None:
        """When so many of the key's calls have ended that there is room; None where nothing is ever let through."""
        if self._amount < 1:
            return None
        over = self.used(key, now) - self._amount + 1
        return nsmallest(over, self._ends[key])[-1] if over > 0 else now
