"""What a detector found: where, on what evidence, what it cost, and what ending it would save."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal, get_args

Confidence = Literal["high", "medium", "low"]
CONFIDENCES: tuple[Confidence, ...] = get_args(Confidence)
"""high: arithmetic on logged facts; medium: a behaviour is inferred; low: quality or intent is not in the log."""

Basis = Literal["measured", "what-if"]
"""measured: the waste was paid for; what-if: another way of working would have cost less."""

Value = str | int | float | Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Savings:
    """What ending the waste would have saved in the window, in the price list's currency."""

    low: Decimal
    mid: Decimal
    high: Decimal
    formula: str
    """How the three amounts come about, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """SQL with its bound values."""

    sql: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One pattern in one place."""

    scope: tuple[tuple[str, str | None], ...]
    """Dimension and value; empty for all traffic audited."""
    since: datetime
    """Of the first request it is about, naive UTC."""
    until: datetime
    """Of the last."""
    headline: str
    """What is the matter, in one sentence with its numbers."""
    evidence: Mapping[str, Value]
    """Named counts, shares and amounts (Decimal)."""
    requests: int
    """How many requests it is about."""
    cost: Decimal | None
    """What they cost; None where that is what nobody knows."""
    confidence: Confidence
    basis: Basis
    todo: str
    """The next step."""
    verify: str
    """The command that shows whether it helped."""
    query: Query
    """What the evidence was read with."""
    caveats: tuple[str, ...] = ()
    """When it may be no waste at all."""
    savings: Savings | None = None
    """None where nothing is claimed: unusual is not the same as wasted."""
    occasion: str = ""
    """Tells several in one scope apart: when it began, for what happens once, or the name of what it is about."""
    claims: Query | None = None
    """Columns rid, low, mid, high: what each request would have saved."""
    detector: str = ""
    """Its id, which whoever runs it fills in."""

    @property
    def id(self) -> str:
        """The same for the same pattern in the same place, whatever the window."""
        digest = hashlib.sha256(json.dumps([self.detector, self.occasion, *self.scope]).encode()).hexdigest()
        return f"{self.detector}-{digest[:6]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotEvaluated:
    """A detector that could not look, and why."""

    detector: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """Everything the detectors found in some traffic."""

    findings: tuple[Finding, ...]
    """By the middle estimate of what each would save, then by cost, largest first."""
    net: Mapping[str, Decimal]
    """By id of the finding: the middle estimate without what others already save on the same requests."""
    net_total: tuple[Decimal, Decimal, Decimal]
    """Low, mid and high of all findings together; never more than the cost."""
    not_evaluated: tuple[NotEvaluated, ...]
    clean: tuple[str, ...]
    """Detectors that looked and found nothing."""
    requests: int
    cost: Decimal
    unpriced: int
    since: datetime | None
    until: datetime | None
    stale: int = 0
    """Requests some detector could not price otherwise, as the price list has other prices than they were rated at."""
    hidden: int = 0
    """Findings below what was asked for, or dismissed."""

    @property
    def known_cost(self) -> Decimal | None:
        """The cost; None where no request has a price."""
        return None if 0 < self.unpriced >= self.requests and not self.cost else self.cost
