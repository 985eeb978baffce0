"""From the limits of configs to what the engine counts: which can be replayed, with which algorithm, in which order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from llmcost.domain.errors import UsageError
from llmcost.domain.period import is_time_zone, time_zone
from llmcost.domain.text import nearest
from llmcost.quota.replay.columns import knows
from llmcost.quota.replay.counting import Counting, LimitSet, whole_amount
from llmcost.quota.replay.meters.anchored import AnchoredWindow
from llmcost.quota.replay.meters.calendar import CalendarWindow
from llmcost.quota.replay.meters.fixed import FixedWindow
from llmcost.quota.replay.meters.gcra import Gcra
from llmcost.quota.replay.meters.in_flight import InFlight
from llmcost.quota.replay.meters.lifetime import Lifetime
from llmcost.quota.replay.meters.sliding_buckets import SlidingBuckets
from llmcost.quota.replay.meters.sliding_counter import SlidingCounter
from llmcost.quota.replay.meters.sliding_log import SlidingLog

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from decimal import Decimal

    from llmcost.quota.config import Config
    from llmcost.quota.limit import Condition, Limit, Window
    from llmcost.quota.replay.meters import Meter
    from llmcost.quota.semantics import Semantics

Algorithm = Literal["fixed", "sliding_log", "sliding_buckets", "sliding_counter", "anchored", "gcra"]
ALGORITHMS: tuple[Algorithm, ...] = (
    "fixed",
    "sliding_log",
    "sliding_buckets",
    "sliding_counter",
    "anchored",
    "gcra",
)
"""What a window of a length in seconds may be counted with."""

_MICROSECONDS = 1_000_000
_BUCKETS = 6
_COUNTABLE = ("requests", "tokens", "input_tokens", "output_tokens", "cost", "concurrency")


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One limit that takes part in a replay."""

    limit: Limit
    set_number: int
    """Which config it is of."""
    file: str
    amount: int
    """In whole units: requests, tokens, or 10^-12 dollars."""
    overrides: tuple[Limit, ...]
    """Limits that take its place for what they match."""

    @property
    def is_sliding(self) -> bool:
        """Whether its window can be counted with another algorithm: any but those of the calendar."""
        return self.limit.window.kind not in {"calendar", "lifetime", "instant"}

    @property
    def is_held(self) -> bool:
        """Whether it counts requests only while they are under way."""
        return self.limit.unit == "concurrency"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The limits of some configs, ready to be replayed."""

    slots: tuple[Slot, ...]
    semantics: tuple[Semantics, ...]
    """Of each config."""
    left_out: tuple[tuple[Limit, str], ...]
    """Limits that cannot be replayed, and why."""
    roster: Mapping[str, frozenset[str]] | None = None
    """Teams by user, for requests whose log names no team."""
    notes: tuple[str, ...] = ()
    """What was supposed."""


def plan(configs: Sequence[Config], changes: Mapping[str, Decimal] | None = None, *, everywhere: bool = False) -> Plan:
    """The plan for some configs, in order; `changes` are other amounts for rules, by id.

    No log says through which part of a gateway a request came. With `everywhere`, limits that are all attached to one part are
    taken to be about all requests; else, and where they are attached to several, they are left out.

    Raises UsageError when a change names no rule, or several limits of a config.
    """
    slots: list[Slot] = []
    left_out: list[tuple[Limit, str]] = []
    wanted = dict(changes or {})
    unknown = set(wanted)
    anywhere = _attached_once(configs) if everywhere else set()
    for number, config in enumerate(configs):
        _no_two(wanted, config)
        for written in config.limits:
            limit = written
            if config.dialect_id in anywhere and limit.match.attachments:
                limit = replace(limit, match=limit.match.anywhere())
            amount = limit.amount
            # An override has an amount of its own.
            if limit.id in wanted and limit.base is None:
                unknown.discard(limit.id)
                amount = wanted[limit.id]
            reason = _hindrance(limit, amount)
            if reason is not None or amount is None:
                left_out.append((limit, reason or "says no amount"))
                continue
            slots.append(
                Slot(
                    limit=limit,
                    set_number=number,
                    file=config.source.name,
                    amount=whole_amount(amount, limit.unit, limit.charge),
                    overrides=tuple(other for other in config.limits if other.overrides(limit)),
                )
            )
    if unknown:
        names = [limit.label for config in configs for limit in config.limits]
        raise UsageError(
            f"--what-if names no rule of the config: {', '.join(sorted(unknown))}",
            hint=nearest(min(unknown), names) or f"the rules are {', '.join(dict.fromkeys(names))}",
        )
    return Plan(
        slots=tuple(slots),
        semantics=tuple(config.semantics for config in configs),
        left_out=tuple(left_out),
        roster=next((config.roster for config in configs if config.roster is not None), None),
        notes=tuple(
            f"the limits of {config.source.name} are taken to be about all requests, as the ledger does not say which came through"
            " what they are attached to"
            for config in configs
            if config.dialect_id in anywhere and any(limit.match.attachments for limit in config.limits)
        ),
    )


def _attached_once(configs: Sequence[Config]) -> set[str]:
    """Dialects whose limits are all attached to the same part of a gateway."""
    found: dict[str, set[frozenset[Condition]]] = {}
    for config in configs:
        found.setdefault(config.dialect_id, set()).update(limit.match.attachments for limit in config.limits)
    return {dialect for dialect, attachments in found.items() if len(attachments) == 1}


def limit_sets(
    made: Plan,
    taking_part: Sequence[int],
    places: Mapping[str, int],
    firsts: Mapping[int, int],
    algorithm: Algorithm | None = None,
) -> list[LimitSet]:
    """What the engine counts of the slots `taking_part`.

    `places` says where an event has `key N` of a slot, the weight of a unit and the say of a budget, `firsts` where the first rule
    of a set.
    """
    sets = []
    for number, semantics in enumerate(made.semantics):
        counted = [
            Counting(
                rule=made.slots[index].limit.rule,
                amount=made.slots[index].amount,
                meter=_Maker(made.slots[index], algorithm),
                key_at=places[f"key {index}"],
                weight_at=places[made.slots[index].limit.unit],
                charge=made.slots[index].limit.charge,
                held=made.slots[index].is_held,
                mode=made.slots[index].limit.mode,
                budget_at=places.get(_budget(made.slots[index])) if made.slots[index].limit.mode != "audit" else None,
            )
            for index in taking_part
            if made.slots[index].set_number == number
        ]
        if counted:
            sets.append(
                LimitSet(
                    limits=tuple(counted),
                    decides=semantics.decides,
                    counts=semantics.counts,
                    first_at=firsts.get(number),
                )
            )
    return sets


def allowing_budgets(made: Plan, taking_part: Sequence[int]) -> dict[str, list[int]]:
    """The slots of every budget that may allow what a soft one is full for; none where no soft one takes part.

    A budget that always has room allows as well, so these need not take part themselves.
    """
    found: dict[str, list[int]] = {}
    if any(made.slots[number].limit.mode == "soft" for number in taking_part):
        for number, slot in enumerate(made.slots):
            if slot.limit.kind == "budget" and slot.limit.mode != "audit":
                found.setdefault(_budget(slot), []).append(number)
    return found


def _budget(slot: Slot) -> str:
    """The column that tells whether a slot's budget, all its windows together, has a say in a request."""
    return f"budget_{slot.set_number}_{slot.limit.rule}"


def algorithm_name(slot: Slot, algorithm: Algorithm | None = None) -> str:
    """How a limit is counted, in words."""
    window = _window(slot, algorithm)
    if window.kind == "sliding_buckets":
        return f"{window.buckets or _BUCKETS} sliding buckets"
    if window.kind == "calendar":
        start = f"{timedelta(seconds=window.day_start)}".removesuffix(":00") if window.day_start else ""
        return f"calendar {window.span} {window.tz}" + (f" from {start}" if start else "")
    return {
        "fixed": "fixed window",
        "sliding_log": "sliding log",
        "sliding_counter": "sliding counter",
        "anchored": "anchored window",
        "gcra": "GCRA",
        "instant": "requests under way",
    }.get(window.kind, window.kind)


def forgets(slot: Slot, algorithm: Algorithm | None) -> bool:
    """Whether nothing before the last whole window matters to a limit: its counters have no longer memory, no phase."""
    kind = _window(slot, algorithm).kind
    return slot.limit.charge != "post" and kind in {"fixed", "sliding_log", "sliding_buckets", "sliding_counter"}


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes the counters of a slot."""

    slot: Slot
    algorithm: Algorithm | None

    def __call__(self) -> Meter:
        window = _window(self.slot, self.algorithm)
        length = (window.seconds or 0) * _MICROSECONDS
        match window.kind:
            case "sliding_log":
                return SlidingLog(length)
            case "sliding_buckets":
                return SlidingBuckets(length, window.buckets or _BUCKETS)
            case "sliding_counter":
                return SlidingCounter(length)
            case "anchored":
                return AnchoredWindow(length)
            case "gcra":
                return Gcra(length, self.slot.amount)
            case "calendar":
                return CalendarWindow(window.span or "day", time_zone(window.tz), window.week_start, window.day_start)
            case "lifetime":
                return Lifetime()
            case "instant":
                return InFlight(self.slot.amount)
            case _:
                return FixedWindow(length)


def _no_two(names: Iterable[str], config: Config) -> None:
    """One amount cannot be that of a rule's day and of its month."""
    for name in names:
        alike = [
            f"{limit.unit} per {limit.window.name}"
            for limit in config.limits
            if limit.id == name and limit.base is None
        ]
        if len(alike) > 1:
            raise UsageError(
                f"--what-if names {len(alike)} limits of {config.source.name}: {name} has {', '.join(alike)}",
                hint="write the other amount into a copy of the file, and simulate that one with --compare",
            )


def _window(slot: Slot, algorithm: Algorithm | None) -> Window:
    window = slot.limit.window
    return window if algorithm is None or not slot.is_sliding else replace(window, kind=algorithm)


def _hindrance(limit: Limit, amount: Decimal | None) -> str | None:
    """Why a limit cannot be replayed; None when it can."""
    if amount is None:
        return "says no amount"
    if not amount.is_finite() or amount < 0:
        return f"has an impossible amount, {amount}"
    if limit.unit not in _COUNTABLE:
        return f"counts {limit.unit.replace('_', ' ')}, which the ledger does not hold"
    if limit.inexact:
        return f"counts {limit.counted}, which the ledger does not hold"
    dimensions = (*(condition.dimension for condition in limit.match.conditions), *limit.per)
    unknown = [name for name in dimensions if not knows(name)]
    if unknown:
        return f"is about {unknown[0]}, which the ledger does not hold"
    window = limit.window
    if window.kind == "instant" and limit.unit == "concurrency":
        return None
    if window.kind not in {"calendar", "lifetime"} and not window.seconds:
        return "has no window"
    if window.kind == "calendar" and window.span not in {"day", "week", "month", "quarter", "year"}:
        return f"has a window the calendar does not know: {window.name}"
    if window.kind == "calendar" and not is_time_zone(window.tz):
        return f"has a time zone nobody knows, {window.tz}"
    return None
