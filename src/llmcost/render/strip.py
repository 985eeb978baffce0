"""Counts over time in one line of blocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_BLOCKS = "▁▂▃▄▅▆▇█"
_NONE, _ASCII_NONE = "·", "."
_ASCII = ":-=+*#%@"
_STEPS = (1, 2, 3, 4, 6, 12, 24, 48, 72, 168, 336, 672, 2016, 8760)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def strip(
    hours: Iterable[tuple[int, int]], first: datetime, last: datetime, room: int, *, unicode: bool = True
) -> tuple[str, str]:
    """A sign per stretch of time from `first` to `last`, and how long a stretch is; `hours` counts by hour since 1970.

    The tallest block is the largest count; nothing is a dot.
    """
    start, end = ((moment - _EPOCH) // timedelta(hours=1) for moment in (first, last))
    step = next((size for size in _STEPS if (end - start) // size < max(room, 1)), _STEPS[-1])
    counts = [0] * ((end - start) // step + 1)
    for hour, count in hours:
        counts[min(max((hour - start) // step, 0), len(counts) - 1)] += count
    most = max(counts, default=0)
    signs, nothing = (_BLOCKS, _NONE) if unicode else (_ASCII, _ASCII_NONE)
    text = "".join(nothing if not count else signs[(count * len(signs) - 1) // most] for count in counts)
    return text, f"{step} h" if step < 24 else f"{step // 24} d"
