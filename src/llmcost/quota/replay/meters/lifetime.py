"""A limit that never resets: everything ever charged counts."""

from __future__ import annotations


class Lifetime:
    """Counters that only grow."""

    scale = 1

    def __init__(self) -> None:
        self._sums: dict[str, int] = {}

    def used(self, key: str, now: int) -> int:  # noqa: ARG002  as every meter
        """What was charged so far."""
        return self._sums.get(key, 0)

    def charge(self, key: str, now: int, weight: int) -> None:  # noqa: ARG002  as every meter
        """Count for ever."""
        self._sums[key] = self._sums.get(key, 0) + weight

    def reopens(self, now: int) -> None:
        """Never."""

    def opens(self, key: str, now: int) -> None:
        """Never."""
