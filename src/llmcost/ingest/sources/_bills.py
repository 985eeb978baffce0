"""Lines of bills as buckets: what a charge's own columns say, in one shape, and that shape as a source."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from llmcost.domain.bill_words import TokenClass, amount_of, optional_amount
from llmcost.ingest.source import Numbered, Record, Source
from llmcost.ingest.sources._usage_pages import billed

_COLUMNS = {
    "input": "uncached_input_tokens",
    "cache_read": "cache_read_tokens",
    "cache_write": "cache_write_5m_tokens",
    "cache_write_1h": "cache_write_1h_tokens",
    "output": "output_text_tokens",
    "web_search": "web_searches",
}
"""What a quantity counts -> the column it fills; what else is counted fills none."""

_THOUSANDS = re.compile(r"(?<![\d.,])1[,.]?000(?![\d.,])|1?\s?k\b", re.IGNORECASE)
_MILLIONS = re.compile(r"1[,.]?000[,.]?000|1?\s?m(illion)?\b", re.IGNORECASE)

_BEYOND = 10**12
"""An amount the ledger has no room for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One charge for usage, in its bill's own words."""

    start: str
    end: str | None = None
    """None: a day."""
    provider: str | None
    model: str | None
    token_class: TokenClass | None
    quantity: str = ""
    unit: str = ""
    """Of the quantity: `Tokens`, `1K tokens`."""
    counts: str | None = None
    """What the quantity counts, where the token class does not tell."""
    amount: str
    currency: str = ""
    operation: str | None = None
    project: str = ""
    api_key: str = ""
    region: str = ""
    processing: str | None = None
    service_tier: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Other:
    """A charge for a service whose usage is read, and for no usage: a tax, a credit, a discount, a refund."""


def cell(record: Record, *names: str) -> str:
    """The first of these cells that is filled, as text without surrounding blanks; NULL is none."""
    for name in names:
        text = str(record.get(name) if record.get(name) is not None else "").strip()
        if text and text.upper() != "NULL":
            return text
    return ""


def tags_in(text: str) -> dict[str, str]:
    """The values of a JSON object as text; none where it is not one."""
    try:
        found = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def source_of(
    title: str,
    *,
    vendor: str,
    recognises: Callable[[Record], bool],
    line: Callable[[Record], Line | Other | None],
) -> Source:
    """The source of a bill: which records are its lines, and what each charges for; None for a charge for another service."""

    def lines(numbered: Iterable[Numbered], _lineage: Mapping[str, str]) -> Iterator[Numbered]:
        for number, record in numbered:
            found = line(record)
            said = _record(found) if isinstance(found, Line) else {"llmcost_other": isinstance(found, Other)}
            yield number, {"llmcost_bill": vendor, **said}

    return Source(
        title=title,
        grain="bucket",
        revision=4,
        issuer=f"'{vendor}'",
        claims=f"@llmcost_bill = '{vendor}'",
        keeps="@llmcost_kept = 'true'",
        # An amount that is none stands where a count should, which rejects the line.
        steps={"unreadable": "#amount"},
        fields={
            "started_at": "@llmcost_start:time",
            "ended_at": "@llmcost_end:time",
            "scope": "'costs'",
            "provider": "filled(@provider)",
            "request_model": "filled(@model)",
            "token_class": "@token_class",
            "operation": "@operation",
            "processing": "@processing",
            "service_tier": "@service_tier",
            "inference_region": "filled(@region)",
            "project": "filled(@project)",
            "api_key_id": "filled(@api_key)",
            **{column: f"#{column}" for column in _COLUMNS.values()},
            **billed("sum_amount(@charge)", "@currency", vendor),
        },
        tags=("pairs_of(@tags:json)",),
        recognises_stream=recognises,
        stream=lines,
        other_charge=_is_other,
    )


def _is_other(record: Record) -> bool:
    return bool(record.get("llmcost_other"))


def _record(line: Line) -> Record:
    record: Record = {
        "llmcost_kept": True,
        "llmcost_start": line.start,
        "llmcost_end": line.end or None,
        "provider": line.provider,
        "model": line.model,
        "token_class": line.token_class,
        "operation": line.operation,
        "processing": line.processing,
        "service_tier": line.service_tier,
        "region": line.region,
        "project": line.project,
        "api_key": line.api_key,
        "currency": line.currency or None,
        "tags": {key: value for key, value in line.tags.items() if value},
    }
    column = _COLUMNS.get(line.counts or line.token_class or "")
    try:
        amount = amount_of(line.amount)
        quantity = optional_amount(line.quantity)
    except ValueError:
        return {**record, "amount": line.amount or "empty"}
    if abs(amount) >= _BEYOND:
        return {**record, "amount": f"{line.amount} (too large)"}
    record["charge"] = format(amount, "f")
    if column is not None and quantity is not None and quantity >= 0:
        record[column] = int((quantity * _scale(line.unit)).to_integral_value())
    return record


def _scale(unit: str) -> Decimal:
    return Decimal(1_000_000 if _MILLIONS.match(unit) else 1000 if _THOUSANDS.match(unit) else 1)
