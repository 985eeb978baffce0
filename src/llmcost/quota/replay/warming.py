"""How much earlier than its period a replay starts, so that counters are as full at its start as they were.

A window that starts with the clock or the calendar is known once it is replayed from its start. What slides or starts with the first
request depends on what was let through a window earlier, which depends on the one before: two windows are replayed. A limit that
never resets needs all there is.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from llmcost.domain.period import Period, time_zone
from llmcost.quota.replay.meters.calendar import bounds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmcost.ledger.composition import Selection
    from llmcost.quota.replay.plan import Slot

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WINDOWS = 2


def warmed(selection: Selection, slots: Sequence[Slot]) -> tuple[Selection, int | None]:
    """The requests to replay, and from when on to report, in microseconds since 1970; None where both start together."""
    since = selection.period.since
    if since is None or not slots:
        return selection, None
    starts = [_start(slot, since) for slot in slots]
    known = [start for start in starts if start is not None]
    first = min(known) if len(known) == len(starts) else None
    return replace(selection, period=Period(since=first, until=selection.period.until)), _micros(since)


def _start(slot: Slot, since: datetime) -> datetime | None:
    """From when on what a limit counts matters at `since`; None: from the very beginning."""
    window = slot.limit.window
    if window.kind == "calendar" and window.span is not None:
        return _EPOCH + timedelta(microseconds=bounds(_micros(since), window.span, time_zone(window.tz))[0])
    return None if window.seconds is None else since - _WINDOWS * timedelta(seconds=window.seconds)


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)
