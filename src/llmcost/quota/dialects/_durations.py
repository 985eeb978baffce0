"""Durations as LiteLLM and Bifrost write them: a number and a unit, `1m` a minute."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from llmcost.domain.period import time_zone
from llmcost.quota.limit import SECONDS, Window
from llmcost.quota.problem import Problem, replaced

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost.config.nodes import Node

_DURATION = re.compile(r"(?P<count>(?!0+\D)\d{1,6})(?P<unit>mo|[smhdwMY])", re.ASCII)
_BEGINNING = re.compile(r"\d+(?:mo|[smhdw])", re.ASCII)
_RESET = re.compile(r"(?P<count>\d{1,6})(?P<unit>[a-z]+)", re.ASCII)
_RESET_UNITS = ("s", "m", "h", "d", "w", "mo")
_UNIT_SECONDS = {"s": 1, "m": 60, "h": 3_600}
_UNLIMITED = ("none", "null")
_HOURS, _SIXTY = 24, 60
_GO = re.compile(r"(?:\d+(?:\.\d*)?(?:ns|us|µs|ms|s|m|h))+", re.ASCII)
_GO_PART = re.compile(r"(\d+(?:\.\d*)?)(ns|us|µs|ms|s|m|h)", re.ASCII)
_GO_UNITS = {
    "ns": Decimal("1e-9"), "us": Decimal("1e-6"), "µs": Decimal("1e-6"), "ms": Decimal("1e-3"),
    "s": Decimal(1), "m": Decimal(60), "h": Decimal(3_600),
}  # fmt: skip
_LONG_GO = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)([dwMY])", re.ASCII)
_WORDS = {"daily": "1d", "weekly": "1w", "monthly": "1M", "yearly": "1Y"}
_SPANS = {
    "s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week", "mo": "month", "M": "month", "Y": "year",
}  # fmt: skip
_MOST_TEXT = 40
_LONG = {"mo": 31 * SECONDS["day"], "M": 30 * SECONDS["day"], "Y": 365 * SECONDS["day"]}
"""Several of them in a row: LiteLLM's months are the calendar's, at most so long; Bifrost's are as long as here."""


def window(text: str | None, kind: Literal["anchored", "fixed"] = "anchored") -> Window:
    """The window a duration names; without one it lasts for ever. One month or year is the calendar's."""
    if not text:
        return Window(kind="lifetime")
    found = _DURATION.fullmatch(text)
    if found is None:
        return Window(kind="unknown")
    count, span = int(found["count"]), _SPANS[found["unit"]]
    if span in {"month", "year"}:
        return (
            Window(kind="calendar", span=span)
            if count == 1
            else Window(kind=kind, seconds=count * _LONG[found["unit"]])
        )
    seconds = count * SECONDS[span]
    return Window(kind=kind, seconds=seconds, span=span if count == 1 else None)


def loose_window(text: str | None) -> Window:
    """The window LiteLLM takes from a duration, of which it reads the beginning: `30min` is `30m`."""
    read = _beginning(text or "")
    return Window(kind="unknown") if text and read is None else window(read)


def reset_window(text: str | None, tz: str) -> Window:
    """The window of a budget that LiteLLM resets by the clock of a time zone; without a duration it lasts for ever.

    `1d` ends at midnight, `7d` and `1w` on Monday, `30d` on the 1st (https://docs.litellm.ai/docs/proxy/budget_reset_and_tz);
    hours, minutes and seconds where the clock shows a multiple of them. The clock has no more than 24 hours, 60 minutes and 60
    seconds: `48h` ends at midnight too, `90m` at half past the next hour; and at midnight ends what has another unit, such as
    `30min` (https://github.com/BerriAI/litellm, litellm/litellm_core_utils/duration_parser.py). Other lengths are counted from
    the first request: those the clock has no multiples of, days that LiteLLM counts from the midnight before, and hours of a
    zone that are not those of UTC.
    """
    if not text or text.strip().lower() in _UNLIMITED:
        return Window(kind="lifetime")
    found = _RESET.match(text)
    if found is None or _beginning(text) is None:
        return Window(kind="unknown")
    if found["unit"] not in _RESET_UNITS:
        return _calendar("day", tz)
    count, unit = int(found["count"]), found["unit"]
    if not count or unit == "mo":
        return _calendar("month", tz) if count == 1 else Window(kind="unknown")
    if unit in "dw":
        days = count * (7 if unit == "w" else 1)
        span = {1: "day", 7: "week", 30: "month"}.get(days)
        return _anchored(days * SECONDS["day"]) if span is None else _calendar(span, tz)
    if unit == "h" and count >= _HOURS:
        return _calendar("day", tz) if count % _HOURS == 0 else _anchored(SECONDS["day"])
    if unit in "ms" and count > _SIXTY:
        # Whole hours, or minutes, later, at the minute or second that is left of it.
        return _anchored(min(count // _SIXTY * _SIXTY * _UNIT_SECONDS[unit], SECONDS["day"]))
    seconds = count * _UNIT_SECONDS[unit]
    return replace(_anchored(seconds), kind="fixed") if _is_on_clock(unit, seconds, tz) else _anchored(seconds)


def _calendar(span: str, tz: str) -> Window:
    return Window(kind="calendar", seconds=SECONDS.get(span), span=span, tz=tz)


def _is_on_clock(unit: str, seconds: int, tz: str) -> bool:
    """Whether a duration divides what the hand of its unit goes round in, and its multiples are those of UTC."""
    round_trip = {"h": SECONDS["day"], "m": SECONDS["hour"], "s": SECONDS["minute"]}[unit]
    if round_trip % seconds:
        return False
    zone, length = time_zone(tz), timedelta(seconds=seconds)
    offsets = [zone.utcoffset(datetime(2026, month, 1)) or timedelta() for month in (1, 7)]  # noqa: DTZ001  the zone is asked
    return not any(offset % length for offset in offsets)


def rolling_window(text: str | None, *, aligned: bool) -> Window:
    """The window of a duration of Bifrost: a word, days to years, or what Go's `time.ParseDuration` reads, such as `1h30m`.

    A month is 30 days and a year 365, counted on from a first instant. Only where the owner is `aligned` to the calendar do days
    and longer end with it, in UTC; how many of them is then not looked at (https://github.com/maximhq/bifrost,
    framework/configstore/tables/utils.go and budget.go).
    """
    if not text:
        return Window(kind="lifetime")
    text = _WORDS.get(text.lower(), text)
    found = _LONG_GO.fullmatch(text)
    if found is not None:
        span = _SPANS[found[2]]
        if aligned:
            return Window(kind="calendar", seconds=SECONDS.get(span), span=span)
        seconds = int(Decimal(found[1]) * (_LONG.get(found[2]) or SECONDS[span]))
        return _anchored(seconds)
    if len(text) > _MOST_TEXT or _GO.fullmatch(text) is None:
        return Window(kind="unknown")
    return _anchored(int(sum(Decimal(number) * _GO_UNITS[unit] for number, unit in _GO_PART.findall(text))))


def _anchored(seconds: int) -> Window:
    if not seconds:
        return Window(kind="unknown")
    return Window(
        kind="anchored", seconds=seconds, span=next((name for name, one in SECONDS.items() if one == seconds), None)
    )


def duration_problems(
    node: Node | None, month: str, rule_id: str | None, *, minutes: bool = False, clock: bool = False
) -> Iterator[Problem]:
    """Durations that are none, and minutes that look like months; `month` is how this gateway writes one.

    Where `minutes` are usual, as for rate limits, they are taken to be meant. What a `clock` resets ends at midnight then.
    """
    if node is None or node.kind != "scalar" or node.is_null:
        return
    text = node.text
    found = _DURATION.fullmatch(text)
    known = {"mo": month == "1mo", "M": month == "1M", "Y": month == "1M"}
    if found is not None and known.get(found["unit"], True):
        if not minutes and found["unit"] == "m" and int(found["count"]) <= 12:
            wanted = f"{found['count']}{month[1:]}"
            yield Problem(
                code="QS215",
                at=node,
                message=f"`{text}` is {found['count']} minute{'' if found['count'] == '1' else 's'}; a month is `{month}`",
                help=f"write {int(found['count']) * 60}s if minutes are meant, {wanted} if months are",
                rule_id=rule_id,
                change=replaced(node, wanted, f"write {wanted}, a month", safe=False),
            )
        return
    if month == "1M" and rolling_window(text, aligned=False).kind != "unknown":
        return
    read = _beginning(text)
    reads = ""
    if month == "1mo" and read is not None and read != text and _DURATION.fullmatch(read):
        reads = f"; it is read as {read} only because the rest is not looked at"
    if clock and reset_window(text, "UTC").span == "day":
        reads = "; the budget is reset every midnight instead"
    yield Problem(
        code="QS215",
        at=node,
        message=f"`{text}` is no duration{reads}",
        help=f"a number and s, m, h, d or w, or {month} for a month",
        rule_id=rule_id,
        severity=None if reads else "error",
    )


def _beginning(text: str) -> str | None:
    found = _BEGINNING.match(text)
    return None if found is None else found[0]
