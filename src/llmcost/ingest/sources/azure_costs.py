"""Azure's cost details export (CSV): charges for Azure OpenAI and Foundry models.

Meters have cryptic names (`gpt 4o 1120 Inp glbl Tokens`, `gpt 4o cached Inp glbl`): model and token class are read from them as
far as they tell, and the meter itself is kept as a tag. Only charges of type Usage count; the resource group is the project;
tags of the resource become tags. Lines that agree in all of that are added up within a file.
https://learn.microsoft.com/azure/cost-management-billing/automate/understand-usage-details-fields
"""

import re

from llmcost.domain.bill_words import class_of
from llmcost.ingest.source import Record
from llmcost.ingest.sources._bills import Line, Other, cell, source_of, tags_in

_MODELS = re.compile(r"openai|foundry models|claude|deepseek|mistral|grok", re.IGNORECASE)
_METER = re.compile(
    r"(?P<model>.+?)\s+(?P<kind>(?:(?:cached|cchd|cd)\s+)?(?:inp|inpt|input|outp|outpt|opt|output)\b.*)", re.IGNORECASE
)
_WORDS = (
    (re.compile(r"\b(inp|inpt)\b", re.IGNORECASE), "input"),
    (re.compile(r"\b(outp|outpt|opt)\b", re.IGNORECASE), "output"),
    (re.compile(r"\b(cchd|cd)\b", re.IGNORECASE), "cached"),
)


def _is_line(record: Record) -> bool:
    names = {key.lower() for key in record}
    return {"metercategory", "metername", "unitofmeasure"} <= names and bool(
        names & {"costinbillingcurrency", "pretaxcost", "cost"}
    )


def _line(record: Record) -> Line | Other | None:
    known = {key.lower(): value for key, value in record.items()}
    meter = cell(known, "metername")
    about = f"{cell(known, 'metercategory')} {cell(known, 'metersubcategory')} {cell(known, 'productname', 'product')}"
    if not _MODELS.search(about):
        return None
    if cell(known, "chargetype").lower() not in {"", "usage"}:
        return Other()
    parts = _METER.match(meter)
    kind = parts["kind"] if parts is not None else meter
    for pattern, word in _WORDS:
        kind = pattern.sub(word, kind)
    return Line(
        start=_day(cell(known, "date", "usagedatetime", "usagedate")),
        provider="azure",
        model=re.sub(r"\s+", "-", parts["model"].strip().lower()) if parts is not None else None,
        token_class=class_of(kind),
        quantity=cell(known, "quantity", "usagequantity"),
        unit=cell(known, "unitofmeasure"),
        amount=cell(known, "costinbillingcurrency", "pretaxcost", "cost"),
        currency=cell(known, "billingcurrency", "billingcurrencycode", "currency"),
        region=cell(known, "resourcelocation", "location"),
        project=cell(known, "resourcegroup", "resourcegroupname"),
        processing="batch" if re.search(r"\bbatch\b", meter, re.IGNORECASE) else None,
        tags={
            "meter": meter,
            "subscription": cell(known, "subscriptionname", "subscriptionid"),
            "resource": cell(known, "resourceid", "instancename").rpartition("/")[2],
            **tags_in(_object(cell(known, "tags"))),
        },
    )


def _day(text: str) -> str:
    """`11/01/2026`, as older exports write days, in ISO."""
    found = re.fullmatch(r"(\d{2})/(\d{2})/(\d{4})", text)
    return f"{found[3]}-{found[1]}-{found[2]}" if found is not None else text


def _object(text: str) -> str:
    """Tags, which some exports write without the braces."""
    return text if text.startswith("{") or not text else f"{{{text}}}"


source = source_of("Azure cost details", vendor="azure", recognises=_is_line, line=_line)
