"""What `llmcost quota simulate` found out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from decimal import Decimal

    from llmcost.domain.period import Period
    from llmcost.quota.replay.exposure import Exposure


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """A stretch of time in which one counter was full: what the gateway would have answered, and for how long."""

    rule_id: str
    """The id in the gateway's refusal."""
    subject: str
    """Whose counter it is, such as `user:bob`; `everyone` where all share it."""
    caller: str | None
    """Who was refused first."""
    start: datetime
    """The first refusal, UTC."""
    length: timedelta
    """Until a request went through again, at most until the window had passed."""
    refused: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleResult:
    """One limit, and what it would have done."""

    rule_id: str
    file: str
    config: int
    """Which of the configs, from 0."""
    place: int
    """Where its rule, or what overrides that, begins in the text; windows that hold together share it."""
    unit: str
    amount: Decimal
    """In its unit; cost in US dollars."""
    window: str
    per: tuple[str, ...]
    algorithm: str
    charge: str
    mode: str
    matched: int
    """Requests it is about."""
    decided: int
    """Requests it had a say in."""
    counters: int
    """How many subjects it counts."""
    p50: Decimal
    """What subjects ask for in a window with any use, refused or not; in the unit."""
    p95: Decimal
    p99: Decimal
    most: Decimal
    most_subject: str | None
    leaders: tuple[tuple[str, int, Decimal, Decimal, Decimal, Decimal], ...]
    """The subjects that ask for most in one window: windows with any use, and p50, p95, p99 and most of them."""
    refused: int
    """Under audit: what it would have refused."""
    cost_low: Decimal
    """Cost of the requests refused again when sent once more after a window, US dollars."""
    cost_high: Decimal
    """Cost of all requests refused, US dollars."""
    first: datetime | None
    refused_subjects: int
    """How many subjects were refused anything."""
    refused_keys: frozenset[str]
    """The counters of those."""
    subjects: tuple[tuple[str, int], ...]
    """Refusals of the subjects refused most, most first."""
    worst_hour: tuple[datetime, int] | None
    longest: Breach | None
    breaches: int
    hours: tuple[tuple[int, int], ...]
    """Refusals by hour since 1970."""
    exposure: Exposure | None
    """What could be spent under it; None where that was not asked."""

    @property
    def share(self) -> float:
        """Refusals as a share of the requests it decides."""
        return self.refused / self.decided if self.decided else 0.0

    def utilisation(self, value: Decimal) -> float | None:
        """A demand as a share of the amount; None where the amount is nothing."""
        return float(value / self.amount) if self.amount else None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerResult:
    """Who was refused."""

    caller: str | None
    refused: int
    cost: Decimal
    before: int | None = None
    """Refusals under the config compared with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """One replay of a period."""

    headers: tuple[str, ...]
    """How each config was understood."""
    period: Period
    tz: str
    requests: int
    limited: int
    """Requests some limit is about."""
    cost: Decimal
    refused: int
    cost_low: Decimal
    cost_high: Decimal
    rules: tuple[RuleResult, ...]
    callers: tuple[CallerResult, ...]
    """Most refused first."""
    breaches: tuple[Breach, ...]
    """The longest first."""
    others: tuple[tuple[str, int], ...]
    """Refusals had the sliding windows been counted with another algorithm."""
    exposure: Exposure | None
    """What could be spent under all limits together; None where that was not asked."""
    other_reading: tuple[str, int] | None
    """The other semantics a gateway's own pages give the file, and the refusals under it."""
    refused_count: bool
    """Whether refused requests moved counters."""
    retried: bool
    """Whether the low end of what is not spent was worked out; else it is nothing."""
    left_out: tuple[tuple[str, str], ...]
    """Limits that were not replayed, and why."""
    notes: tuple[str, ...]
    first: datetime | None
    last: datetime | None

    @property
    def blocked_pct(self) -> float:
        """Refusals in percent of all requests."""
        return 100 * self.refused / self.requests if self.requests else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion:
    """One `--assert`, and whether it holds."""

    text: str
    value: Decimal
    holds: bool
    missing: str = ""
    """Why it was not evaluated; it then neither holds nor fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """The document of the command."""

    result: Simulated
    before: Simulated | None = None
    """The config of `--compare`."""
    changed: tuple[CallerResult, ...] = ()
    """Callers refused more or less than before, newly refused first."""
    assertions: tuple[Assertion, ...] = ()
