"""Sliding buckets: the window is cut into equal parts at multiples of their length, and the last so many count.

TrueFoundry's: "60 seconds wide", in buckets of 10 seconds, "summing the last 6" (https://www.truefoundry.com/blog,
2026-09-28). The running bucket is one of the six, so between five and six sixths of a window count; what was charged is
forgotten a bucket at a time, up to a bucket's length early.
"""

from __future__ import annotations

from collections import deque


class SlidingBuckets:
    """Counters that remember one sum per bucket."""

    scale = 1

    def __init__(self, length: int, buckets: int) -> None:
        """`length` of the window in microseconds, and in how many `buckets` it is cut."""
        self._length = length
        self._buckets = buckets
        self._rows: dict[str, _Row] = {}

    def used(self, key: str, now: int) -> int:
        """The sum of the bucket of `now` and the ones before it, a window in all."""
        row = self._rows.get(key)
        return 0 if row is None else self._forget(row, self._number(now))

    def charge(self, key: str, now: int, weight: int) -> None:
        """Count in the bucket of `now`."""
        number = self._number(now)
        row = self._rows.get(key)
        if row is None:
            row = self._rows[key] = _Row()
        self._forget(row, number)
        if row.buckets and row.buckets[-1][0] == number:
            row.buckets[-1][1] += weight
        else:
            row.buckets.append([number, weight])
        row.total += weight

    def reopens(self, now: int) -> int:
        """When everything that counts now is forgotten."""
        return now + self._length

    def opens(self, key: str, now: int) -> int:
        """When the key's last bucket is forgotten; without any it refuses for a length."""
        row = self._rows.get(key)
        if row is None or not row.buckets:
            return now + self._length
        # The first microsecond of the bucket a window later.
        return -(-(row.buckets[-1][0] + self._buckets) * self._length // self._buckets)

    def _number(self, now: int) -> int:
        # Multiplied first, so that a length the buckets do not divide is cut exactly all the same.
        return now * self._buckets // self._length

    def _forget(self, row: _Row, number: int) -> int:
        buckets, oldest = row.buckets, number - self._buckets + 1
        while buckets and buckets[0][0] < oldest:
            row.total -= buckets.popleft()[1]
        return row.total


class _Row:
    __slots__ = ("buckets", "total")

    def __init__(self) -> None:
        self.buckets: deque[list[int]] = deque()
        self.total = 0
