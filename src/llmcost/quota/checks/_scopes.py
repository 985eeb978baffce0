"""Which limits are about the same thing, and how many short windows a long one holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost.quota.limit import is_possible
from llmcost.quota.matching import covers, meet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from decimal import Decimal

    from llmcost.quota.config import Config
    from llmcost.quota.limit import Limit, Matcher, Window

_CALENDAR = {
    ("day", "week"): 7, ("day", "month"): 31, ("day", "quarter"): 92, ("day", "year"): 366,
    ("week", "month"): 6, ("week", "quarter"): 15, ("week", "year"): 54,
    ("month", "quarter"): 3, ("month", "year"): 12, ("quarter", "year"): 4,
}  # fmt: skip
OVERSHOOT = ", and what the calls under way go over it"
"""What use that counts when a response ends adds to a limit."""
_STRETCHES = {"fixed", "anchored", "calendar", "sliding_log", "sliding_buckets"}
"""Windows that count what was used in a stretch of time no longer than they are, up to now."""
_ALIGNED = {"sliding_log", "sliding_buckets", "calendar"}


def scope(limit: Limit) -> tuple[object, ...]:
    """What a limit is about, without how much and how long."""
    return frozenset(limit.match.conditions), frozenset(limit.per), limit.unit, limit.counted, limit.base


def groups(limits: Iterable[Limit]) -> Iterator[list[Limit]]:
    """Enforced limits about the same thing, from the shortest window to the longest."""
    found: dict[tuple[object, ...], list[Limit]] = {}
    for limit in limits:
        if limit.mode == "enforce" and is_possible(limit.amount) and limit.window.longest:
            found.setdefault(scope(limit), []).append(limit)
    for group in found.values():
        if len(group) > 1:
            yield sorted(group, key=lambda one: one.window.longest or 0)


def pairs(limits: Iterable[Limit]) -> Iterator[tuple[Limit, Limit]]:
    """Shorter and longer window of limits about the same thing."""
    for group in groups(limits):
        for place, short in enumerate(group):
            for long in group[place + 1 :]:
                if (short.window.longest or 0) < (long.window.longest or 0):
                    yield short, long


def held(short: Window, long: Window) -> int:
    """How many short windows can touch a long one, at most."""
    if short.kind == long.kind == "calendar" and (count := _CALENDAR.get((short.span or "", long.span or ""))):
        return count
    count = -(-(long.longest or 0) // (short.longest or 1))
    return count if short.kind in _ALIGNED and long.kind in _ALIGNED else count + 1


def nested(short: Window, long: Window) -> bool:
    """Whether all that counts in a short window counts in the long one as well, whenever it is: none reaches over a long one's end."""
    length, longest = short.longest or 0, long.longest or 0
    if long.kind == "sliding_log":
        return short.kind in _STRETCHES and length <= longest
    if long.kind == "sliding_buckets":
        # Of the oldest of six parts nothing may be left.
        return short.kind in _STRETCHES and 6 * length <= 5 * longest
    if short.kind == long.kind == "calendar":
        # Weeks reach over the end of months.
        alike = (short.tz, short.day_start) == (long.tz, long.day_start)
        return alike and (short.span, long.span) in _CALENDAR and (short.span != "week")
    return short.kind == long.kind and short.kind in {"fixed", "sliding_counter"} and longest % (length or 1) == 0


def tighter(outer: Limit, inner: Limit) -> bool:
    """Whether the outer limit always binds no later than the inner one: it counts at least as much into fewer counters.

    A key that a request lacks is missing for both, since the inner one counts by all keys of the outer.
    """
    return (
        outer.mode == inner.mode == "enforce"
        and is_possible(outer.amount)
        and is_possible(inner.amount)
        and outer.amount <= inner.amount
        and (outer.unit, outer.counted, outer.window) == (inner.unit, inner.counted, inner.window)
        and set(outer.per) <= set(inner.per)
        and covers(outer.match, inner.match) is True
    )


def holds(config: Config, limit: Limit, match: Matcher, most: Decimal) -> bool:
    """Whether a limit, or what overrides it, lets each request of a matcher have no more than `most`.

    An override takes the place of all periods of what it overrides, so one without this period lets anything through. Which of two
    overrides wins is not documented, so either may take the other's place.
    """
    within: dict[int, bool] = {}
    for one in config.limits:
        other = limit.base is not None and one.base == limit.base and one.node is not limit.node
        if (other or one.overrides(limit)) and meet(one.match, match) is not False:
            same = (one.unit, one.window) == (limit.unit, limit.window)
            kept = same and one.amount is not None and one.amount <= most
            within[id(one.node)] = within.get(id(one.node), False) or kept
    return all(within.values())


def families(configs: Iterable[Config]) -> Iterator[list[Config]]:
    """Configs that one gateway enforces together, where every rule that matches must allow."""
    found: dict[str, list[Config]] = {}
    for config in configs:
        if config.semantics.decides == "all":
            found.setdefault(config.dialect_id, []).append(config)
    yield from found.values()


def places(config: Config) -> Iterator[tuple[Config, Limit]]:
    """Every limit beside its config."""
    for limit in config.limits:
        yield config, limit
