"""The hours and weekdays at which a model of LiteLLM's map has its off-peak price."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmcost.pricing.update.entries import Entry

_HOURS = re.compile("[0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9]")
_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class UnreadableClockError(ValueError):
    """Hours or days in a shape of which nobody has heard: the price then has no meaning."""


def clocks(listed: Mapping[str, Any]) -> list[Entry]:
    """The clocks of an `off_peak_pricing`, as a price list has them. Raises UnreadableClockError."""
    windows = listed.get("windows", [listed])
    if not isinstance(windows, list):
        raise UnreadableClockError
    return [_clock(window) for window in windows]


def _clock(window: Any) -> Entry:
    if not isinstance(window, dict):
        raise UnreadableClockError
    clock: Entry = {"days": [_weekday(day) for day in window.get("weekdays") or range(1, 8)]}
    hours = window.get("hours_utc")
    spans = [_span(one) for one in (hours if isinstance(hours, list) else [hours])]
    if spans != ["00:00-24:00"]:
        clock["between"] = spans
    return clock


def _weekday(day: Any) -> str:
    """A day as the map has them, by number, Monday being 1, or by its English name."""
    if isinstance(day, int) and 1 <= day <= len(_WEEK):
        return _WEEK[day - 1]
    if isinstance(day, str) and (short := day[:3].lower()) in _WEEK:
        return short
    raise UnreadableClockError


def _span(hours: Any) -> str:
    if not isinstance(hours, str) or _HOURS.fullmatch(hours) is None:
        raise UnreadableClockError
    return re.sub("-00:00$", "-24:00", hours)
