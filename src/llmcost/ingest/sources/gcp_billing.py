"""Google Cloud's billing export (BigQuery rows as JSON or CSV): charges for the Gemini API and Vertex AI.

The amount is what is left after credits. Model, direction, batch and tier are words of the SKU: `Generate content output token
count gemini 2.5 flash short output text non-thinking`. The project is the project; labels become tags; other services are
skipped. Lines that agree in all of that are added up within a file.
https://cloud.google.com/billing/docs/how-to/export-data-bigquery-tables/standard-usage
"""

import json
import re
from decimal import Decimal
from typing import Any

from llmcost.domain.bill_words import amount_of, class_of
from llmcost.ingest.source import Record
from llmcost.ingest.sources._bills import Line, Other, cell, source_of

_SERVICES = {"gemini api": "google", "generative language api": "google", "vertex ai": "vertex"}
_MODEL = re.compile(
    r"gemini[- ](?:embedding[- ]\d+|\d+(?:\.\d+)?(?:[- ](?:pro|flash|ultra|nano|lite|image|preview))*)"
    r"|claude[- ][a-z]+(?:[- ]\d+(?:\.\d+)?)*",
    re.IGNORECASE,
)


def _is_line(record: Record) -> bool:
    return "usage_start_time" in record and "cost" in record and bool(_text(record, "sku", "description"))


def _line(record: Record) -> Line | Other | None:
    provider = _SERVICES.get(_text(record, "service", "description").lower())
    if provider is None:
        return None
    if cell(record, "cost_type") not in {"", "regular"}:
        return Other()
    sku = _text(record, "sku", "description")
    model = _MODEL.search(sku)
    words = sku.lower()
    return Line(
        start=cell(record, "usage_start_time").removesuffix(" UTC"),
        end=cell(record, "usage_end_time").removesuffix(" UTC"),
        provider=provider,
        model=None if model is None else re.sub(r"\s+", "-", model[0].lower()),
        token_class=class_of(sku),
        quantity=_text(record, "usage", "amount") if _text(record, "usage", "unit") in {"count", "tokens"} else "",
        amount=_net(record),
        currency=cell(record, "currency"),
        region=_text(record, "location", "region"),
        project=_text(record, "project", "id"),
        processing="batch" if "batch" in words else None,
        service_tier="flex" if "flex" in words else "priority" if "priority" in words else None,
        tags={"sku": sku, **_labels(record)},
    )


def _net(record: Record) -> str:
    """The cost less its credits; the cost's own text where that is no number."""
    given = _parsed(record.get("credits"))
    try:
        cost = amount_of(cell(record, "cost"))
        parts = given if isinstance(given, list) else []
        credited = (amount_of(str(part.get("amount"))) for part in parts if isinstance(part, dict))
        return format(sum(credited, Decimal(0)) + cost, "f")
    except ValueError:
        return cell(record, "cost")


def _labels(record: Record) -> dict[str, str]:
    labels = _parsed(record.get("labels"))
    pairs = labels if isinstance(labels, list) else []
    return {str(pair.get("key")): str(pair.get("value") or "") for pair in pairs if isinstance(pair, dict)}


def _text(record: Record, outer: str, inner: str) -> str:
    """A field of a record inside, which CSV exports name with a dot or an underscore."""
    nested = record.get(outer)
    if isinstance(nested, dict):
        return cell(nested, inner)
    return cell(record, f"{outer}.{inner}", f"{outer}_{inner}")


def _parsed(value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return None


source = source_of("Google Cloud billing export", vendor="gcp", recognises=_is_line, line=_line)
