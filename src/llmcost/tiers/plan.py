"""What a price plan is: its price, what is included, and how use beyond that is charged."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping

Mode = Literal["half_up", "half_even", "up", "down", "none"]
MODES: tuple[Mode, ...] = get_args(Mode)
RoundAt = Literal["line", "total"]
ROUND_AT: tuple[RoundAt, ...] = get_args(RoundAt)
Proration = Literal["none", "day", "second"]
PRORATIONS: tuple[Proration, ...] = get_args(Proration)
ZeroUsage = Literal["charge_first_flat", "skip"]
ZERO_USAGE: tuple[ZeroUsage, ...] = get_args(ZeroUsage)
Measure = Literal["cost_per_request", "tokens_per_request"]
MEASURES: tuple[Measure, ...] = get_args(Measure)

ZERO = Decimal(0)
REVENUE = "revenue"
"""The meter that `--revenue-base` fills."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounding:
    """How amounts become money that can be paid."""

    mode: Mode = "half_up"
    places: int = 2
    at: RoundAt = "line"
    """`total`: the invoice is rounded once and its lines by largest remainder, so that they still add up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """A stretch of quantity, from the tier before up to and including `up_to`."""

    up_to: Decimal | None
    """None for the last."""
    unit_price: Decimal = ZERO
    flat_fee: Decimal = ZERO
    """Charged once when the quantity enters the tier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A tier that is sold in whole blocks."""

    size: Decimal
    price: Decimal
    most: int | None
    """How many blocks the tier has; None for the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A size of a capacity plan: its price holds while no meter exceeds its limit."""

    limits: Mapping[str, Decimal]
    price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """How the use of one meter is charged."""

    name: str
    meter: str
    model: str
    """A module of `tiers.charges`."""
    unit_price: Decimal = ZERO
    per: Decimal = Decimal(1)
    """The units a unit price is for: 1, 10, 100, ..."""
    tiers: tuple[Tier, ...] = ()
    blocks: tuple[Block, ...] = ()
    steps: tuple[Step, ...] = ()
    package_size: Decimal = Decimal(1)
    package_price: Decimal = ZERO
    package_rounding: Literal["up", "down"] = "up"
    package_minimum: int = 0
    """Packages charged at least, even for no use."""
    free_units: Decimal = ZERO
    fixed_amount: Decimal = ZERO
    """Per event, of the percentage model."""
    events: str = "requests"
    """The meter that counts events."""
    free_events: Decimal = ZERO
    transaction_minimum: Decimal | None = None
    """What each transaction costs at least, of the percentage model."""
    transaction_maximum: Decimal | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    zero_usage: ZeroUsage = "charge_first_flat"

    @property
    def by_transaction(self) -> bool:
        """Whether it takes each transaction, and not only their sum, to say what it comes to."""
        return self.transaction_minimum is not None or self.transaction_maximum is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Discount:
    """A reduction of one meter's charges, or of the whole invoice."""

    share: Decimal = ZERO
    """Between 0 and 1."""
    amount: Decimal = ZERO
    meter: str | None = None
    """None: price and all charges."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EfficiencyDiscount:
    """A reduction of usage charges for customers who get by with less than most."""

    measure: Measure
    bands: tuple[tuple[Decimal, Decimal], ...]
    """(share of customers that are less efficient at least, discount), dearest demand first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a customer can be on."""

    id: str
    name: str
    price: Decimal
    """Per period."""
    period: str
    charges: tuple[Charge, ...]
    included: Mapping[str, Decimal]
    """Quantity the price pays for, by meter; taken off before a charge sees it."""
    limits: Mapping[str, Decimal]
    """Where the gateway refuses, by meter."""
    discounts: tuple[Discount, ...] = ()
    efficiency: EfficiencyDiscount | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    credits: Decimal = ZERO
    """Money granted each period, taken off last and never below nothing."""
    kind: str = "paid"
    """freemium, trial or paid; said of it in gateway limits."""

    @property
    def meters(self) -> tuple[str, ...]:
        """Every meter it needs, in order."""
        used = [charge.meter for charge in self.charges if charge.model != "capacity"]
        used += [charge.events for charge in self.charges if charge.fixed_amount]
        used += [meter for charge in self.charges for step in charge.steps for meter in step.limits]
        return tuple(sorted({*used, *self.included, *self.limits}))

    @property
    def charged(self) -> frozenset[str]:
        """Every meter of which use beyond what is included is charged for."""
        steps = (step for charge in self.charges for step in charge.steps)
        return frozenset({charge.meter for charge in self.charges}.union(*(step.limits for step in steps)))

    @property
    def covers(self) -> Mapping[str, Decimal]:
        """What it is made for, by meter: its limits, else what it includes."""
        return self.limits or self.included


@dataclass(frozen=True, slots=True, kw_only=True)
class Plans:
    """A whole file of plans."""

    path: str
    plans: tuple[Plan, ...]
    rounding: Rounding = field(default_factory=Rounding)
    proration: Proration = "none"
    assign: Mapping[str, str] = field(default_factory=dict)
    """Plan id by customer."""
    current: str | None = None
    """Plan id of customers that are assigned none."""
    meters: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)
    """Weighted meters, such as AI credits: weights by meter of the ledger."""

    def plan(self, id_: str) -> Plan | None:
        """The plan of that id."""
        return next((plan for plan in self.plans if plan.id == id_), None)
