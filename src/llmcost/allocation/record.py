"""An allocation once it has been computed: plain values that every format renders alike and a ledger can keep."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from llmcost.allocation.policy import Method
from llmcost.ledger.composition import Basis

Kind = Literal["direct", "requests", "charge", "owner", "unattributed", "difference", "adjustment"]
"""What a cost is made of: an owner's own requests, those a rule takes, a charge beside them, what an owner passed on,
requests without an owner, what an invoice adds, what became of a period that is closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One term of a cost: a command that prints it, and whether it is added or taken away."""

    sign: Literal["+", "-"]
    command: str
    cost: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A cost, before it is shared."""

    name: str
    kind: Kind
    method: Method
    cost: Decimal
    """To the last digit the ledger has."""
    amount: Decimal
    """On statements: the amounts of all sources add up to the rounded total."""
    requests: int = 0
    unpriced_requests: int = 0
    """Of those, requests whose cost is unknown, which is in no amount."""
    evidence: tuple[Evidence, ...] = ()
    basis: tuple[str, ...] = ()
    """How a cost that no command prints came about, in words."""

    @property
    def unknown(self) -> bool:
        """Whether no price is known of any of its requests: what it costs is not zero but not known."""
        return 0 < self.unpriced_requests >= self.requests and not self.cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What one owner bears of one source."""

    owner: str | None
    """None: nobody; the cost stands by itself."""
    source: str
    kind: Kind
    method: Method
    cost: Decimal
    amount: Decimal
    driver: str | None = None
    """What the share is in proportion to."""
    base: Decimal | None = None
    """Of this owner."""
    base_total: Decimal | None = None
    """Of all who share."""
    source_cost: Decimal = Decimal(0)
    requests: int | None = None
    """With direct lines."""
    unpriced_requests: int = 0
    evidence: tuple[Evidence, ...] = ()

    @property
    def unknown(self) -> bool:
        """Whether no price is known of any of its requests: what it costs is not zero but not known."""
        return self.requests is not None and 0 < self.unpriced_requests >= self.requests and not self.cost


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeLine:
    """A charge beside the requests, as it was computed."""

    name: str
    kind: str
    provider: str
    first_day: date
    grain: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    """In the price list's currency."""
    amount: Decimal
    """In the currency of the allocation."""
    rate: Decimal | None = None
    """What one unit of the price list's currency is worth in the allocation's; None where they are the same."""
    last_day: date | None = None
    """None in what was closed before it was kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """The cost of a period, to the last cent, by owner."""

    by: str
    label: str
    """The period as people call it: 2026-11."""
    since: str
    until: str
    """ISO times in UTC, ending in Z; exclusive."""
    zone: str
    currency: str
    decimals: int
    basis: Basis
    ledger_cost: Decimal
    """Of all requests whose cost is known."""
    charges_cost: Decimal
    invoice: Decimal | None
    """What it ties to; None: requests and charges."""
    requests: int
    unpriced_requests: int
    sources: tuple[Source, ...]
    lines: tuple[Line, ...]
    """By owner, largest amount first, nobody last; within an owner in the order of the sources."""
    charges: tuple[ChargeLine, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def by_owner(self) -> dict[str | None, list[Line]]:
        """The lines of each, in their order."""
        found: dict[str | None, list[Line]] = {}
        for line in self.lines:
            found.setdefault(line.owner, []).append(line)
        return found

    @property
    def difference(self) -> Decimal:
        """Invoice less requests and charges; zero without an invoice."""
        return Decimal(0) if self.invoice is None else self.invoice - self.ledger_cost - self.charges_cost
