"""The one model of a limit: whom it matches, what it counts, how much of it, in which window.

A dialect turns one gateway's config into these; checks and replay see nothing else. One rule with several windows is several
limits that share `rule`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from llmcost.config.nodes import Node

ATTACHMENTS = ("target", "client", "kong.service", "kong.route", "kong.instance")
"""Dimensions that say where in a gateway a limit is attached, which no log tells."""

Unit = Literal["requests", "tokens", "input_tokens", "output_tokens", "cost", "concurrency", "tool_calls"]
"""What a limit counts; `tokens` is input and output together, `cost` is in US dollars."""

WindowKind = Literal[
    "fixed",
    "anchored",
    "sliding_log",
    "sliding_buckets",
    "sliding_counter",
    "gcra",
    "calendar",
    "lifetime",
    "instant",
    "unknown",
]
"""How time is cut: `anchored` starts at the first request, `instant` is for requests in flight, `unknown` is what the file says
in words that are no length of time."""

Charge = Literal["pre", "post", "reserve"]
"""When use counts: before the call; after it, so the last call may overshoot; or only if it still fits."""

Mode = Literal["enforce", "audit", "soft"]
"""`soft` blocks only when no other matching budget allows the request."""

SECONDS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}
"""Length of the spans that have one."""

_NOMINAL = {**SECONDS, "month": 2_678_400, "quarter": 7_948_800, "year": 31_622_400}
"""Longest a span may be: 31 days, 92 days, 366 days."""


_LARGEST = 2**53
"""From here on a JSON number is no longer exact."""


def is_possible(amount: Decimal | None) -> TypeGuard[Decimal]:
    """Whether a limit can be: one that cannot is told as such, and compared with none."""
    return amount is not None and amount.is_finite() and 0 <= amount <= _LARGEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The stretch of time over which a limit counts."""

    kind: WindowKind
    seconds: int | None = None
    """Length; None where the calendar decides or nothing ever resets."""
    span: str | None = None
    """second, minute, hour, day, week, month, quarter or year, where it is one of them."""
    buckets: int | None = None
    """How many parts a window of `sliding_buckets` has."""
    tz: str = "UTC"
    week_start: int = 0
    """The day a week of the calendar begins with: 0 is Monday, 6 Sunday."""
    day_start: int = 0
    """Seconds after midnight, by the clock, at which a day of the calendar begins, and with it whatever is longer."""

    @property
    def longest(self) -> int | None:
        """Its greatest length in seconds; None when it never resets."""
        if self.seconds is not None:
            return self.seconds
        return _NOMINAL.get(self.span) if self.span is not None else None

    @property
    def name(self) -> str:
        """Such as `minute` or `10 days`."""
        if self.span is not None:
            return self.span
        if self.seconds is None:
            return self.kind
        for word in ("week", "day", "hour", "minute"):
            count, rest = divmod(self.seconds, SECONDS[word])
            if count and not rest:
                return word if count == 1 else f"{count} {word}s"
        return f"{self.seconds} seconds"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What one dimension of a request must be."""

    dimension: str
    """subject, model, provider, metadata.KEY, header.KEY, api_key, or a column of a request."""
    values: frozenset[str] | None = None
    """One of them; `*` in a value stands for any text. None: any, but present where `present` says so."""
    excluded: frozenset[str] = frozenset()
    """None of them."""
    roster: Mapping[str, frozenset[str]] | None = field(default=None, compare=False, repr=False)
    """Teams by user, where somebody said who is in which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matcher:
    """Which requests a limit is about: all conditions hold. Without conditions it is every request."""

    conditions: tuple[Condition, ...] = ()

    @property
    def is_everything(self) -> bool:
        """Whether no request is left out."""
        return not self.conditions

    @property
    def attachments(self) -> frozenset[Condition]:
        """The conditions that say where a limit is attached."""
        return frozenset(condition for condition in self.conditions if condition.dimension in ATTACHMENTS)

    def anywhere(self) -> Matcher:
        """The same requests, wherever they come through the gateway."""
        return Matcher(
            conditions=tuple(condition for condition in self.conditions if condition.dimension not in ATTACHMENTS)
        )

    def on(self, dimension: str) -> tuple[Condition, ...]:
        """The conditions on one dimension."""
        return tuple(condition for condition in self.conditions if condition.dimension == dimension)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerts:
    """Who is told before a limit is reached."""

    thresholds: tuple[Decimal, ...]
    """Percent of the amount."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Limit:
    """So much of something per window, for the requests it matches."""

    id: str | None
    """As the gateway would name it in a response; None where it has no name."""
    rule: int
    """Place of its rule in the config, from 0; windows of one rule share it. Also the order of evaluation."""
    path: tuple[str | int, ...]
    """Where the rule stands in its document."""
    match: Matcher
    per: tuple[str, ...] = ()
    """One counter for each of their values: user, team, model, virtualaccount, metadata.KEY ...; none: one for all."""
    unit: Unit
    amount: Decimal | None
    """None when the file does not say a number."""
    window: Window
    charge: Charge
    mode: Mode = "enforce"
    kind: Literal["rate", "budget"] = "rate"
    alerts: Alerts | None = None
    counted: str = ""
    """What exactly is counted, where the unit does not say; limits that differ here do not compare."""
    inexact: bool = False
    """Whether what is counted is none of the units, and `unit` only the nearest."""
    base: str | None = None
    """Id of the limit this one overrides for those it matches; empty where that has none."""
    local: bool = False
    """Whether every instance of the gateway counts for itself."""
    node: Node
    """The whole rule."""
    places: Mapping[str, Node] = field(default_factory=dict)
    """Where id, when, per, amount, unit, mode and the like are written."""

    @property
    def label(self) -> str:
        """How messages call it."""
        return self.id if self.id is not None else "/".join(map(str, self.path))

    def overrides(self, other: Limit) -> bool:
        """Whether it takes the place of another limit of its config, for the requests it matches."""
        return self.base is not None and other.base is None and self.base == (other.id or "")

    def place(self, *names: str) -> Node:
        """The first of these that is written, else the rule itself."""
        return next((self.places[name] for name in names if name in self.places), self.node)
