"""What `allocation:` in llmcost.yaml asks for: plain values, checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, get_args

from llmcost.ledger.filters import Condition

Method = Literal["direct", "proportional", "even", "weights", "keep"]
"""How a cost is shared. `keep`: it is not, and stands on a line of its own."""
METHODS: tuple[Method, ...] = get_args(Method)
ALLOCATED = "allocated"
"""The driver that is no metric: what an owner has been given so far."""
COST = "cost"
TOLERANCE = Decimal("0.01")
"""The largest difference to an invoice, as a share of it, unless something else is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One condition on requests, as it was written and as it is meant."""

    text: str
    condition: Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """What a proportional share is in proportion to."""

    metric: str = COST
    """A metric that adds up, or `ALLOCATED`."""
    where: tuple[Term, ...] = ()
    """Which requests it is taken of; none: an owner's own, those that no rule takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """How one cost is shared."""

    method: Method
    to: tuple[str, ...] = ()
    """Owners; none with `proportional` and `even`: all there are."""
    driver: Driver = field(default_factory=Driver)
    weights: Mapping[str, Decimal] = field(default_factory=dict)
    """By owner, with `weights`."""


KEEP = Sharing(method="keep")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One cost and how it is shared. Exactly one of `where`, `charges` and `owner` says which cost."""

    name: str
    sharing: Sharing
    where: tuple[Term, ...] = ()
    """Requests; no request may be taken by two rules."""
    charges: tuple[str, ...] = ()
    """Kinds or names of charges beside the requests, `*` for any text; the first rule that names one takes it."""
    owner: str | None = None
    """An owner who passes on everything given to it until then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitPrice:
    """A price of our own, for customers."""

    metric: str
    per: Decimal
    """So many units have the price."""
    price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementTerms:
    """What a usage statement for a customer says, and what it asks for."""

    title: str = "Usage statement"
    issuer: str | None = None
    note: str | None = None
    by: str = "model"
    """What its lines are."""
    columns: tuple[str, ...] = ("requests", "input_tokens", "output_tokens")
    """Metrics beside the amount."""
    markup: Decimal | None = None
    """On cost, as a share of it; None, and no prices: no amounts, because cost is nobody else's business."""
    prices: tuple[UnitPrice, ...] = ()
    """Instead of cost."""
    names: Mapping[str, str] = field(default_factory=dict)
    """What customers call a value of `by`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How the cost of a period is allocated to the values of one dimension."""

    by: str
    decimals: int = 2
    """Of the amounts on statements."""
    rules: tuple[Rule, ...] = ()
    """In the order they are applied."""
    unattributed: Sharing = KEEP
    """Requests without an owner that no rule takes."""
    charges: Sharing = KEEP
    """Charges that no rule names."""
    difference: Sharing = KEEP
    """What an invoice comes to beyond, or below, requests and charges."""
    tolerance: Decimal = TOLERANCE
    """The largest difference to an invoice that may be allocated, as a share of it."""
    statement: StatementTerms = field(default_factory=StatementTerms)
    written: Mapping[str, Any] = field(default_factory=dict)
    """The section as it was written, to apply it again later."""
