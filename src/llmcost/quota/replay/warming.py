"""How much earlier than its period a replay starts, so that counters are as full at its start as they were.

A window that starts with the clock or the calendar is known once it is replayed from its start. What slides or starts with the first
request depends on what was let through a window earlier, which depends on the one before: two windows are replayed. A limit that
never resets needs all there is. What is charged when a response ends may have been asked for long before: where calls were under
way at that start, the same goes for the time the first of them began. Limits on calls under way have no window: those under way are
replayed, and those that were when the first of these began.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from llmcost.domain.period import Period, time_zone
from llmcost.quota.replay.columns import ENDED
from llmcost.quota.replay.meters.calendar import bounds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmcost.ledger.composition import Selection
    from llmcost.ledger.connection import Connection
    from llmcost.quota.limit import Window
    from llmcost.quota.replay.plan import Slot

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WINDOWS = 2


def warmed(connection: Connection, selection: Selection, slots: Sequence[Slot]) -> tuple[Selection, int | None]:
    """The requests to replay, and from when on to report, in microseconds since 1970; None where both start together."""
    since = selection.period.since
    if since is None or not slots:
        return selection, None
    starts = [_start(connection, slot, since) for slot in slots]
    known = [start for start in starts if start is not None]
    first = min(known) if len(known) == len(starts) else None
    return replace(selection, period=Period(since=first, until=selection.period.until)), _micros(since)


def _start(connection: Connection, slot: Slot, since: datetime) -> datetime | None:
    """From when on what a limit counts matters at `since`; None: from the very beginning."""
    if slot.is_held:
        for _ in range(_WINDOWS):
            since = _under_way(connection, since) or since
        return since
    start = _remembered(slot.limit.window, since)
    if start is None or slot.limit.charge != "post":
        return start
    earliest = _under_way(connection, start)
    return start if earliest is None else _remembered(slot.limit.window, earliest)


def _under_way(connection: Connection, moment: datetime) -> datetime | None:
    """When the first of the calls that had begun and not ended at a moment began; None where there are none."""
    row = connection.execute(
        f"select min(started_at) from request where started_at < $moment and {ENDED} >= $moment",
        {"moment": moment.astimezone(UTC).replace(tzinfo=None)},
    ).fetchone()
    return None if row is None or row[0] is None else row[0].replace(tzinfo=UTC)


def _remembered(window: Window, since: datetime) -> datetime | None:
    """What a window remembers at `since` begins then; None: with the first request."""
    if window.kind == "calendar" and window.span is not None:
        start, _ = bounds(_micros(since), window.span, time_zone(window.tz), window.week_start, window.day_start)
        return _EPOCH + timedelta(microseconds=start)
    return None if window.seconds is None else since - _WINDOWS * timedelta(seconds=window.seconds)


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)
