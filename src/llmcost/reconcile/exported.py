"""The usage exports in a ledger as the bill its requests are compared with.

Where an export is a bill, its amounts; where it counts tokens alone, what the price list makes of them: then bill and log are
priced alike, and what differs is traffic.
"""

from pathlib import Path
from typing import TYPE_CHECKING, cast

from llmcost.domain.errors import DataError
from llmcost.ledger.exported import ExportedCharge, exported_charges
from llmcost.reconcile.invoice import InvoiceLine, Unused, in_another_currency
from llmcost.reconcile.reading import ReadInvoice

if TYPE_CHECKING:
    from llmcost.domain.bill_words import TokenClass
    from llmcost.ledger.connection import Connection

FORMAT = "exports"
_DESCRIPTIONS = {"units": "searches and other units"}
"""Words for the token classes that do not say what they are, where a bill has none of its own."""


def exported_invoice(connection: "Connection", currency: str) -> ReadInvoice:
    """Everything the exports charge for; DataError where the ledger has none."""
    charges = exported_charges(connection)
    if not charges:
        raise DataError(
            "the ledger has no usage exports to compare with",
            hint="`llmcost ingest FILE` reads a provider's usage or cost export; or name a bill with --invoice",
        )
    lines = [_line(charge, currency) for charge in charges]
    return ReadInvoice(
        path=Path(FORMAT),
        format=FORMAT,
        lines=tuple(line for line in lines if isinstance(line, InvoiceLine)),
        unused=tuple(line for line in lines if isinstance(line, Unused)),
    )


def _line(charge: ExportedCharge, currency: str) -> InvoiceLine | Unused:
    place = f"{charge.source} {charge.since}"
    if charge.amount is None and charge.currency not in {None, currency}:
        return in_another_currency(place, charge.claimed, str(charge.currency), currency)
    if charge.amount is None:
        reason = f"no price for {charge.model or 'usage without a model'}"
        return Unused(place=place, reason=reason, amount=None, kind="unpriced")
    return InvoiceLine(
        since=charge.since,
        until=charge.until,
        provider=charge.provider,
        model=charge.model,
        token_class=cast("TokenClass | None", charge.token_class),
        quantity=charge.quantity,
        amount=charge.amount,
        currency=currency,
        description=charge.description or _DESCRIPTIONS.get(charge.token_class or "", charge.token_class or "usage"),
        place=place,
    )


def is_estimated(connection: "Connection") -> bool:
    """Whether any of it is the price list's amount and no bill's."""
    return any(not charge.billed for charge in exported_charges(connection) if charge.amount is not None)
