"""Fixed windows, cut at multiples of their length since 1970 in UTC: `[n x length, (n + 1) x length)`.

All counters start at nothing where a window starts. Envoy's rate limit service counts so
(https://github.com/envoyproxy/ratelimit#readme: the key of a counter is the time divided by the unit), and Kong with
`window_type: fixed`. Up to twice the limit passes within a window's length across a boundary.
"""

from __future__ import annotations


class FixedWindow:
    """Counters that are emptied together."""

    scale = 1

    def __init__(self, length: int) -> None:
        """`length` in microseconds."""
        self._length = length
        self._end = 0
        self._sums: dict[str, int] = {}

    def used(self, key: str, now: int) -> int:
        """What was charged since the window of `now` started."""
        if now >= self._end:
            self._turn(now)
        return self._sums.get(key, 0)

    def charge(self, key: str, now: int, weight: int) -> None:
        """Count in the window of `now`."""
        if now >= self._end:
            self._turn(now)
        self._sums[key] = self._sums.get(key, 0) + weight

    def reopens(self, now: int) -> int:
        """The start of the next window."""
        return (now // self._length + 1) * self._length

    def opens(self, key: str, now: int) -> int:  # noqa: ARG002  as every meter
        """The start of the next window, for all keys."""
        return self.reopens(now)

    def _turn(self, now: int) -> None:
        self._end = self.reopens(now)
        self._sums.clear()
