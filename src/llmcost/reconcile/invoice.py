"""What a bill is once it has been read: lines that every provider's export comes down to."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from llmcost.domain.bill_words import TokenClass
    from llmcost.reconcile.bill import Bill

UnusedKind = Literal["unread", "unpriced", "foreign", "repeated"]
"""Why a line is not compared.

`unread`: it should be and cannot, so that nobody knows whether bill and log agree; `unpriced`: exported usage without a price;
`foreign`: a charge for something else, such as another service on the same bill; `repeated`: another file charges for it, too.
"""


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
    record: bytes = b""
    """Digest of everything the bill says in it but amounts and quantities: the same in two files, it is one bucket of one bill."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unused:
    """A line of a bill that was not compared."""

    place: str
    reason: str
    amount: Decimal | None
    """None where it could not be read."""
    currency: str | None = None
    """Of the amount."""
    kind: UnusedKind = "unread"
    awaits: date | None = None
    """The day that a page of an API begins with which is not in this file; it may be another."""


def in_another_currency(place: str, amount: Decimal | None, currency: str, own: str) -> Unused:
    """A line that charges in `currency` while the ledger is in `own`."""
    reason = f"charged in {currency}, while the ledger is in {own}"
    return Unused(place=place, reason=reason, amount=amount, currency=currency)


def digest(record: Mapping[str, Any], amounts: Collection[str]) -> bytes:
    """A record but for its `amounts`, as short as will do."""
    said = {name: value for name, value in record.items() if name not in amounts}
    return blake2b(json.dumps(said, sort_keys=True, default=str).encode(), digest_size=16).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceFormat:
    """One export of one provider."""

    title: str
    claims: Callable[["Bill"], bool]
    """Whether a file is this export, by its shape; no two formats may claim one file."""
    lines: Callable[["Bill"], Iterator[InvoiceLine | Unused]]
