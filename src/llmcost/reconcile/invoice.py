"""What a bill is once it has been read: lines that every provider's export comes down to."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmcost.domain.bill_words import TokenClass
    from llmcost.reconcile.bill import Bill


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceLine:
    """One charge for usage."""

    since: date
    """First day charged for, as the bill counts days."""
    until: date
    """The day after the last."""
    provider: str | None
    """Who invoices; None where the bill does not say."""
    model: str | None
    token_class: "TokenClass | None"
    quantity: Decimal | None
    """Tokens, or units of a `units` line; None where the bill does not say."""
    amount: Decimal
    """In `currency`, every digit of the bill."""
    currency: str
    """ISO 4217, upper case."""
    description: str
    """The bill's own words."""
    place: str
    """File and line, or file and path in the JSON document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unused:
    """A line of a bill that was not compared."""

    place: str
    reason: str
    amount: Decimal | None
    """None where it could not be read."""
    foreign: bool = False
    """Whether it is nothing but a charge for something else, such as another service on the same bill."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceFormat:
    """One export of one provider."""

    title: str
    claims: Callable[["Bill"], bool]
    """Whether a file is this export, by its shape; no two formats may claim one file."""
    lines: Callable[["Bill"], Iterator[InvoiceLine | Unused]]
