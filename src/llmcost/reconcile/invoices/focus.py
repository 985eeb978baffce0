"""FOCUS 1.x CSV, the open format of cost data: usage charges of LLM services.

`BilledCost` is compared (`EffectiveCost` where it is null). Model and token class are taken from `x_Model` and `x_TokenType`,
from `SkuPriceDetails`, from an `SkuId` such as `openai/gpt-4o/input`, or from the charge's description. Taxes, credits and
other services are left out, and counted. https://focus.finops.org/focus-specification/
"""

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from llmcost.domain.bill_words import amount_of, class_of, day_of, end_of, optional_amount
from llmcost.domain.providers import FIRST_PARTY, normalise_provider
from llmcost.reconcile.bill import Bill, Cells
from llmcost.reconcile.invoice import InvoiceFormat, InvoiceLine, Unused, digest

_NEEDED = {"BilledCost", "BillingCurrency", "ChargeCategory", "ChargePeriodStart", "ServiceName"}
_AMOUNTS = ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost", "ConsumedQuantity", "PricingQuantity")
_SERVICES = re.compile(r"bedrock|openai|gemini|vertex ai|cognitive services|foundry|claude|anthropic", re.IGNORECASE)
_SPELLINGS = {
    "amazon web services": "aws",
    "amazon web services, inc.": "aws",
    "microsoft": "azure",
    "microsoft azure": "azure",
    "google cloud": "vertex",
    "google cloud platform": "vertex",
}
_SCALES = (
    (re.compile(r"1[,.]?000[,.]?000|1?\s?m(illion)?\b", re.IGNORECASE), 1_000_000),
    (re.compile(r"1[,.]?000|1?\s?k\b", re.IGNORECASE), 1000),
)


def _claims(bill: Bill) -> bool:
    return set(bill.columns) >= _NEEDED


def _lines(bill: Bill) -> Iterator[InvoiceLine | Unused]:
    for row in bill.rows():
        yield _line(row)


def _line(row: Cells) -> InvoiceLine | Unused:
    currency = row["BillingCurrency"].upper()
    try:
        amount = amount_of(row["BilledCost"] or row["EffectiveCost"])
        provider = _provider(row)
        if provider not in FIRST_PARTY and not _SERVICES.search(f"{row['ServiceName']} {row['PublisherName']}"):
            return _foreign(row.place, "another service", amount, currency)
        if row["ChargeCategory"] != "Usage":
            return _foreign(row.place, f"a charge of category {row['ChargeCategory']}", amount, currency)
        since = day_of(row["ChargePeriodStart"])
        model, kind = _what(row)
        quantity = optional_amount(row["ConsumedQuantity"] or row["PricingQuantity"])
        unit = row["ConsumedUnit"] or row["PricingUnit"]
        scale = next((scale for pattern, scale in _SCALES if pattern.match(unit)), 1)
        return InvoiceLine(
            since=since,
            until=end_of(row["ChargePeriodEnd"], since),
            provider=provider,
            model=model,
            token_class=class_of(kind),
            quantity=None if quantity is None else quantity * scale,
            amount=amount,
            currency=currency,
            description=row["ChargeDescription"],
            place=row.place,
            record=digest(row.values, _AMOUNTS),
        )
    except ValueError as error:
        return Unused(place=row.place, reason=str(error), amount=None)


def _foreign(place: str, reason: str, amount: Decimal, currency: str) -> Unused:
    return Unused(place=place, reason=reason, amount=amount, currency=currency, kind="foreign")


def _provider(row: Cells) -> str | None:
    """Who invoices: `ServiceProviderName` since FOCUS 1.3, `ProviderName` before."""
    name = row["ServiceProviderName"] or row["ProviderName"]
    return _SPELLINGS.get(name.lower()) or normalise_provider(name) or name.lower() or None


def _what(row: Cells) -> tuple[str | None, str]:
    """Model, and the words that tell the token class."""
    details = _details(row["SkuPriceDetails"])
    parts = row["SkuId"].split("/")
    model = row["x_Model"] or details.get("x_Model") or details.get("Model") or (parts[1] if len(parts) > 2 else "")
    kind = row["x_TokenType"] or details.get("x_TokenType") or row["SkuMeter"] or row["ChargeDescription"]
    return model or None, kind


def _details(text: str) -> Mapping[str, str]:
    """The text values of the column's JSON object; none where it is not one."""
    try:
        found: Any = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return {name: value for name, value in found.items() if isinstance(value, str)} if isinstance(found, dict) else {}


invoice_format = InvoiceFormat(title="FOCUS 1.x CSV", claims=_claims, lines=_lines)
