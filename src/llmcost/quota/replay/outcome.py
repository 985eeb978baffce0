"""What a replay saw of one limit: whom it refused, when, for how long."""

from __future__ import annotations

from dataclasses import dataclass, field

HOUR = 3_600_000_000
"""Microseconds."""


@dataclass(slots=True, kw_only=True)
class Closure:
    """A stretch of time in which one counter let nothing through."""

    key: str
    caller: str | None
    """Who was refused first."""
    start: int
    """The first request refused, in microseconds since 1970."""
    last: int
    """The last one."""
    refused: int
    end: int = 0
    """When a request went through again, at the latest when what filled the counter was forgotten."""

    @property
    def length(self) -> int:
        """Microseconds from the first refusal to the end."""
        return self.end - self.start


@dataclass(slots=True, kw_only=True)
class LimitOutcome:
    """Refusals by one limit; under audit, what it would have refused."""

    refused: int = 0
    cost: int = 0
    """Of the requests refused, in units of 10^-12."""
    first: int | None = None
    """When it first refused."""
    keys: dict[str, int] = field(default_factory=dict)
    """Refusals by key of the counter."""
    hours: dict[int, int] = field(default_factory=dict)
    """Refusals by hour since 1970."""
    closures: list[Closure] = field(default_factory=list)
    """In order of their end."""


@dataclass(slots=True, kw_only=True)
class Outcome:
    """Refusals by a set of limits."""

    limits: tuple[LimitOutcome, ...]
    refused: int = 0
    cost: int = 0
    callers: dict[str | None, list[int]] = field(default_factory=dict)
    """Refusals and their cost by caller."""
    hours: dict[int, int] = field(default_factory=dict)
