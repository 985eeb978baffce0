"""The lines of a cost and the price behind them: as a table, as facts, and as parts of a document."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from llmcost.pricing.explanation import Explanation, Line
from llmcost.pricing.price_list import FEE_UNITS
from llmcost.pricing.provenance import Provenance, as_asked, contract_words, factor_words, tier_words, variant_words
from llmcost.pricing.rate_row import Context
from llmcost.pricing.units import GAPS
from llmcost.render.cells import Grid
from llmcost.render.numbers import plain
from llmcost.render.page import Table
from llmcost.render.prices import moment
from llmcost.reports.record import Column

_PER = {1_000_000: "/1M", 1_000: "/1k", 3600: "/hour", 1: ""}
_COMPONENTS = {
    "cache_write_5m": "cache write",
    "cache_write_1h": "cache write, 1 hour",
    "audio_hour": "audio, seconds",
    "video_second": "video, seconds",
    "billed": "billed by the provider",
    "unexplained": "not explained",
}


def lines_table(lines: Sequence[Line], currency: str) -> Table:
    """The lines of a cost and their sum; every number in full."""
    factors = any(line.multiplier != 1 for line in lines)
    columns = [
        Column(name="component", title="Component", kind="text", role="key"),
        Column(name="quantity", title="Quantity", kind="number", role="metric"),
        Column(name="price", title=f"{currency} as published", kind="money", role="metric"),
        Column(name="each", title="Each", kind="money", role="metric"),
        *([Column(name="multiplier", title="Factor", kind="number", role="metric")] if factors else []),
        Column(name="amount", title="Amount", kind="money", role="metric"),
    ]
    amounts = _aligned([*(line.amount for line in lines), sum((line.amount for line in lines), Decimal(0))])
    rows = []
    for line, amount in zip(lines, amounts, strict=False):
        bare = line.component in {"rounding", "billed", "unexplained"}
        each = line.unit_price
        rows.append(
            (
                _named(line),
                "" if bare else _count(line.quantity),
                "" if bare else _published(line),
                "" if bare or each is None or not line.listed else plain(each),
                *([("" if bare else f"{line.multiplier.normalize():f}")] if factors else []),
                amount,
            )
        )
    return Table(
        cells=Grid(
            columns=tuple(columns),
            headings=tuple(column.title for column in columns),
            rows=tuple(rows),
            totals=("Total", *[""] * (len(columns) - 2), amounts[-1]),
        ),
        expendable=("each",),
    )


def price_facts(calculation: Explanation, price: Provenance, context: Context, at: datetime) -> list[tuple[str, str]]:
    """Which price it was, where it stands, and why that one."""
    asked = as_asked(context, price.match)
    since = "the beginning" if price.since is None else moment(price.since)
    until = "" if price.until is None else f" until {moment(price.until)}"
    source = "no source named" if price.url is None else price.url
    checked = "" if price.checked is None else f", checked {price.checked}"
    where = "" if price.place is None else f", {price.layer} layer at {Path(price.place).name}"
    facts = [
        ("Price", f"{price.id}, from {since}{until}"),
        ("Source", f"{source}{checked}"),
        ("List", f"{price.list_version[:12]} as of {price.list_as_of}{where}"),
        ("Matched", price.matched),
    ]
    for label, words in (
        ("Tier", tier_words(calculation)),
        ("Variant", variant_words(calculation, asked, at)),
        ("Factor", factor_words(calculation, asked)),
        ("Contract", contract_words(calculation)),
    ):
        if words is not None:
            facts.append((label, words))
    return facts


def line_document(line: Line) -> dict[str, Any]:
    """One line: `unit_price` is that of one, null where it has no end; `published` is that of `per`."""
    return {
        "component": line.component,
        "quantity": f"{line.quantity.normalize():f}",
        "used": f"{(line.quantity if line.used is None else line.used).normalize():f}",
        "unit_price": None if line.unit_price is None or not line.listed else plain(line.unit_price),
        "published": plain(line.published) if line.listed else None,
        "per": line.per,
        "multiplier": f"{line.multiplier.normalize():f}",
        "amount": plain(line.amount),
        "charged_as": line.charged_as,
    }


def price_document(calculation: Explanation, price: Provenance, context: Context, at: datetime) -> dict[str, Any]:
    """The price that was used and why that one."""
    asked = as_asked(context, price.match)
    return {
        "id": price.id,
        "model": price.model.id,
        "source": price.url,
        "checked": price.checked,
        "from": None if price.since is None else moment(price.since),
        "until": None if price.until is None else moment(price.until),
        "match": price.match.kind,
        "matched": price.matched,
        "prompt_tokens": calculation.prompt_tokens,
        "tier": tier_words(calculation),
        "variant": variant_words(calculation, asked, at),
        "factor": factor_words(calculation, asked),
        "contract": contract_words(calculation),
        "place": price.place,
        "layer": price.layer,
        "list": price.list_version,
        "list_as_of": price.list_as_of,
    }


def _published(line: Line) -> str:
    return f"{plain(line.published)}{_PER.get(line.per, f'/{line.per:,}')}" if line.listed else "no price"


def _named(line: Line) -> str:
    name = _COMPONENTS.get(line.component, GAPS.get(line.component, line.component.replace("_", " ")))
    if line.component in FEE_UNITS and line.component not in _COMPONENTS:
        name = f"{name} fee" if line.component == "request" else name
    if line.used is not None:
        name = f"{name}, {_count(line.used)} used"
    return name if line.charged_as is None else f"{name}, as {GAPS[line.charged_as]}"


def _aligned(amounts: Sequence[Decimal]) -> list[str]:
    """Amounts in full, all with as many decimals as the longest of them has."""
    places = max(len(plain(amount).partition(".")[2]) for amount in amounts)
    return [f"{plain(amount)}{'0' * (places - len(plain(amount).partition('.')[2]))}" for amount in amounts]


def _count(quantity: Decimal) -> str:
    return f"{quantity.normalize():,f}"
