"""The sliding counter: the running fixed window, and of the one before it the share that a sliding window would still cover.

`used = previous x (length - elapsed) / length + current`, with `elapsed` the time since the running window started.
Cloudflare counts so (https://blog.cloudflare.com/counting-things-a-lot-of-different-things/), and Kong by default
(https://developer.konghq.com/plugins/ai-rate-limiting-advanced/). It assumes that the window before was filled evenly.
"""

from __future__ import annotations


class SlidingCounter:
    """Counters that remember two sums."""

    def __init__(self, length: int) -> None:
        """`length` in microseconds."""
        self.scale = length
        self._length = length
        self._sums: dict[str, list[int]] = {}

    def used(self, key: str, now: int) -> int:
        """The estimate, exact to the microsecond: the fraction is kept by scaling with the length."""
        sums = self._sums.get(key)
        if sums is None:
            return 0
        number, elapsed = divmod(now, self._length)
        last, previous, current = sums
        if last == number:
            return previous * (self._length - elapsed) + current * self._length
        return current * (self._length - elapsed) if last == number - 1 else 0

    def charge(self, key: str, now: int, weight: int) -> None:
        """Count in the running window."""
        number = now // self._length
        sums = self._sums.get(key)
        if sums is None:
            self._sums[key] = [number, 0, weight]
        elif sums[0] == number:
            sums[2] += weight
        else:
            sums[:] = [number, sums[2] if sums[0] == number - 1 else 0, weight]

    def reopens(self, now: int) -> int:
        """One length later."""
        return now + self._length

    def opens(self, key: str, now: int) -> int:  # noqa: ARG002  as every meter
        """One length later, when of a window now running less than all counts."""
        return self.reopens(now)
