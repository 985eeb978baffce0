"""Anchored windows: a window starts with the first charge after the last one ended, `[start, start + length)`, per key.

LiteLLM's limiter, third version, counts so: its script sets a counter back when `now - window_start >= window_size`
(https://github.com/BerriAI/litellm/blob/main/litellm/proxy/hooks/parallel_request_limiter_v3.py).
"""

from __future__ import annotations


class AnchoredWindow:
    """Counters that are emptied one by one."""

    scale = 1

    def __init__(self, length: int) -> None:
        """`length` in microseconds."""
        self._length = length
        self._windows: dict[str, list[int]] = {}

    def used(self, key: str, now: int) -> int:
        """What was charged since the key's window started; nothing once it is over."""
        window = self._windows.get(key)
        return 0 if window is None or now - window[0] >= self._length else window[1]

    def charge(self, key: str, now: int, weight: int) -> None:
        """Count in the key's window, starting one if need be."""
        window = self._windows.get(key)
        if window is None or now - window[0] >= self._length:
            self._windows[key] = [now, weight]
        else:
            window[1] += weight

    def reopens(self, now: int) -> int:
        """One length later: the key's own window is over by then."""
        return now + self._length

    def opens(self, key: str, now: int) -> int:
        """When the key's own window is over."""
        window = self._windows.get(key)
        return (now if window is None or now - window[0] >= self._length else window[0]) + self._length
