"""What decides a call's price, and the rates that come of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from llmcost.pricing.price_list import WEEK

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from llmcost.pricing.agreements import Contract
    from llmcost.pricing.price_list import Multiplier, Price, Tier, Variant

BEGINNING = datetime(1, 1, 1, tzinfo=UTC)


END = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


ANY_PROMPT = 2**62
"""Larger than any prompt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Everything but time and quantities that decides a call's price."""

    provider: str | None
    request_model: str | None
    response_model: str | None
    processing: str | None
    service_tier: str | None
    speed: str | None
    inference_region: str | None
    operation: str | None
    unit_size: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RateRow:
    """Rates of one context for one stretch of time, prompt size and minutes of the week."""

    since: datetime
    until: datetime
    """Exclusive."""
    prompt_from: int = 0
    prompt_to: int = ANY_PROMPT
    """Exclusive."""
    minute_from: int = 0
    minute_to: int = WEEK
    """Exclusive; minutes since Monday 00:00 UTC."""
    provider: str | None
    model: str | None
    match_kind: str | None = None
    price_id: str | None = None
    list_price_id: str | None = None
    """`price_id` without the labels of contracts."""
    status: str
    """priced, estimated, free or unpriced."""
    reason: str | None = None
    gaps: int = 0
    """Bit per unit of GAPS that has no price of its own."""
    bare: int = 0
    """Bit per unit of GAPS that has none at all: neither its own nor that of another unit."""
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    """Currency per token; every unit of TOKEN_UNITS."""
    fees: Mapping[str, Decimal] = field(default_factory=dict)
    """Currency per unit, for an hour of audio: per hour."""
    minimums: Mapping[str, Decimal] = field(default_factory=dict)
    """Quantity -> what a call that has any of it is billed at least."""
    numerator: int = 1
    denominator: int = 1
    """Factor on token amounts that does not fold into the rates exactly."""
    # How the rates came about, for `explain`. `price_id` says the same in short, so that equal rows still read alike.
    price: Price | None = field(default=None, repr=False)
    tier: Tier | None = field(default=None, repr=False)
    variant: Variant | None = field(default=None, repr=False)
    """The variant that decides the rates."""
    fee_variants: tuple[Variant, ...] = field(default=(), repr=False)
    """Those that decide a fee."""
    multipliers: tuple[Multiplier, ...] = field(default=(), repr=False)
    contracts: tuple[Contract, ...] = field(default=(), repr=False)
    charged_as: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Unit -> the unit of `tier` whose rate it is charged at; units without any are left out."""


def moment_text(moment: datetime) -> str:
    """A moment as price ids write it: a day, or a second of it."""
    text = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    return text.removesuffix("T00:00:00Z")
