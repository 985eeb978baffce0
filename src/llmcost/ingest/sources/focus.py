"""FOCUS 1.x, the open format of cost data (CSV or Parquet): usage charges of LLM services.

`BilledCost` counts (`EffectiveCost` where it is null). Model and token class are taken from `x_Model` and `x_TokenType`, from
`SkuPriceDetails`, from an `SkuId` such as `openai/gpt-4o/input`, or from the charge's description. Taxes, credits, adjustments and
other services are skipped. The sub-account is the project; the resource, the SKU's price and `Tags` become tags; lines that agree in
all of that are added up within a file. https://focus.finops.org/focus-specification/
"""

import re

from llmcost.domain.bill_words import class_of
from llmcost.domain.providers import FIRST_PARTY, normalise_provider
from llmcost.ingest.source import Record
from llmcost.ingest.sources._bills import Line, Other, cell, source_of, tags_in

_NEEDED = {"BillingCurrency", "ChargeCategory", "ChargePeriodStart", "ServiceName"}
_SERVICES = re.compile(r"bedrock|openai|gemini|vertex ai|cognitive services|foundry|claude|anthropic", re.IGNORECASE)
_SPELLINGS = {
    "amazon web services": "aws",
    "amazon web services, inc.": "aws",
    "microsoft": "azure",
    "microsoft azure": "azure",
    "google cloud": "vertex",
    "google cloud platform": "vertex",
}


def _is_line(record: Record) -> bool:
    return record.keys() >= _NEEDED and ("BilledCost" in record or "EffectiveCost" in record)


def _line(record: Record) -> Line | Other | None:
    provider = _provider(record)
    service = f"{cell(record, 'ServiceName')} {cell(record, 'PublisherName')}"
    if provider not in FIRST_PARTY and not _SERVICES.search(service):
        return None
    if cell(record, "ChargeCategory") != "Usage":
        return Other()
    details = tags_in(cell(record, "SkuPriceDetails"))
    parts = cell(record, "SkuId").split("/")
    model = cell(record, "x_Model") or details.get("x_Model") or details.get("Model")
    kind = cell(record, "x_TokenType") or details.get("x_TokenType") or cell(record, "SkuMeter", "ChargeDescription")
    return Line(
        start=cell(record, "ChargePeriodStart"),
        end=cell(record, "ChargePeriodEnd"),
        provider=provider,
        model=model or (parts[1] if len(parts) > 2 else None),
        token_class=class_of(kind),
        quantity=cell(record, "ConsumedQuantity", "PricingQuantity"),
        unit=cell(record, "ConsumedUnit", "PricingUnit"),
        amount=cell(record, "BilledCost", "EffectiveCost"),
        currency=cell(record, "BillingCurrency"),
        region=cell(record, "RegionId"),
        project=cell(record, "SubAccountName", "SubAccountId"),
        tags={
            "resource": cell(record, "ResourceName", "ResourceId"),
            "sku": cell(record, "SkuPriceId", "SkuId"),
            **tags_in(cell(record, "Tags")),
        },
    )


def _provider(record: Record) -> str | None:
    """Who invoices: `ServiceProviderName` since FOCUS 1.3, `ProviderName` before."""
    name = cell(record, "ServiceProviderName", "ProviderName")
    return _SPELLINGS.get(name.lower()) or normalise_provider(name) or name.lower() or None


source = source_of("FOCUS 1.x", vendor="focus", recognises=_is_line, line=_line)
