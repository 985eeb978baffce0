"""What a company has agreed beside list prices: contracts, hosting of its own, capacity paid by the hour, allowances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from decimal import Decimal

Part = Literal["tokens", "fees"]


def covers(pattern: str, id_: str) -> bool:
    """Whether a pattern is a model's id: written out, or all that begin like it where it ends in `*`."""
    return id_.startswith(pattern[:-1]) if pattern.endswith("*") else id_ == pattern


def meet(one: str, other: str) -> bool:
    """Whether some id can be covered by both patterns."""
    shorter, longer = sorted((one.removesuffix("*"), other.removesuffix("*")), key=len)
    if one.endswith("*") and other.endswith("*"):
        return longer.startswith(shorter)
    return covers(one, other) or covers(other, one)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """A discount on list prices during a time."""

    label: str
    provider: str
    models: tuple[str, ...]
    """Patterns of ids; see `covers`."""
    discount_pct: Decimal
    since: datetime | None
    until: datetime | None
    applies_to: frozenset[Part]
    place: str

    @property
    def factor(self) -> Decimal:
        """What is left to pay of 1."""
        return 1 - self.discount_pct / 100

    def covers(self, id_: str) -> bool:
        """Whether it is about a model."""
        return any(covers(pattern, id_) for pattern in self.models)


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfHosted:
    """A model on hardware of one's own, paid by the hour whether it is used or not."""

    id: str
    gpu: str | None
    gpus: Decimal
    usd_per_gpu_hour: Decimal
    tokens_per_gpu_hour: Decimal | None
    """Weighted tokens a full hour makes; None where calls are not charged and the hours are a commitment."""
    weights: Mapping[str, Decimal]
    """Token unit -> how many weighted tokens one counts."""
    since: datetime | None
    until: datetime | None
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Provisioned:
    """Capacity of a provider's, paid by the hour; calls it covers cost nothing by themselves."""

    name: str
    provider: str
    deployment: str | None
    """Lower-case name calls are made to; None: any."""
    covers: tuple[str, ...]
    """Patterns of ids; empty: whatever the deployment serves."""
    units: Decimal
    usd_per_unit_hour: Decimal
    since: datetime | None
    until: datetime | None
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """So many units a day that a provider does not charge, shared by a group of models."""

    group: str
    provider: str
    models: tuple[str, ...]
    """Patterns of ids."""
    unit: str
    """A fee unit."""
    free: int
    """Units a day."""
    tz: str
    """Whose days."""
    since: datetime | None
    until: datetime | None
    place: str
