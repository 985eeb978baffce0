"""The sliding log: at any instant what was charged in the window's length before it counts, `(now - length, now]`.

The exact meaning of "so many per minute": no interval of that length ever holds more than the limit. A charge stops to
count exactly one length after it was made. Mostly a yardstick; gateways approximate it because it remembers every request.
"""

from __future__ import annotations

from collections import deque


class SlidingLog:
    """Counters that remember each charge for the length of a window."""

    scale = 1

    def __init__(self, length: int) -> None:
        """`length` in microseconds."""
        self._length = length
        self._logs: dict[str, _Log] = {}

    def used(self, key: str, now: int) -> int:
        """What was charged after `now - length`."""
        log = self._logs.get(key)
        if log is None:
            return 0
        charges, since = log.charges, now - self._length
        while charges and charges[0][0] <= since:
            log.total -= charges.popleft()[1]
        return log.total

    def charge(self, key: str, now: int, weight: int) -> None:
        """Count until `now + length`, not including it."""
        log = self._logs.get(key)
        if log is None:
            log = self._logs[key] = _Log()
        log.charges.append((now, weight))
        log.total += weight

    def reopens(self, now: int) -> int:
        """When everything that counts now is forgotten."""
        return now + self._length

    def opens(self, key: str, now: int) -> int:
        """When the key's last charge is forgotten; a log without any refuses for a length."""
        log = self._logs.get(key)
        return (log.charges[-1][0] if log is not None and log.charges else now) + self._length


class _Log:
    __slots__ = ("charges", "total")

    def __init__(self) -> None:
        self.charges: deque[tuple[int, int]] = deque()
        self.total = 0
