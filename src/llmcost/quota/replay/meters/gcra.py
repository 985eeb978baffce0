"""The generic cell rate algorithm, the same as a token bucket: what was charged drains away evenly, `amount` per length.

The bucket holds `amount` and starts empty of debt, so a burst of `amount` passes at once and after it one request per
`length / amount`. Kept as one instant per key, the theoretical arrival time of ITU-T I.371
(https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm); to stay exact, time is counted in units of 1/`amount`
microseconds. Helicone's gateway counts so (https://docs.helicone.ai/ai-gateway/concepts/rate-limiting).
"""

from __future__ import annotations


class Gcra:
    """Counters that drain."""

    def __init__(self, length: int, amount: int) -> None:
        """`amount` drains in `length` microseconds."""
        self.scale = length
        self._length = length
        self._amount = amount
        self._arrivals: dict[str, int] = {}

    def used(self, key: str, now: int) -> int:
        """What has not drained yet."""
        level = self._arrivals.get(key, 0) - now * self._amount
        return max(level, 0)

    def charge(self, key: str, now: int, weight: int) -> None:
        """Fill."""
        self._arrivals[key] = max(self._arrivals.get(key, 0), now * self._amount) + weight * self._length

    def reopens(self, now: int) -> int:
        """One length later: a bucket full now has drained by then."""
        return now + self._length

    def opens(self, key: str, now: int) -> int:
        """When the bucket has drained, to the microsecond; one that is empty refuses for a length."""
        drained = -(-self._arrivals.get(key, 0) // self._amount) if self._amount else now
        return drained if drained > now else now + self._length
