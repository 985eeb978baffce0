"""What a call would cost: as a table, JSON or Markdown."""

from decimal import Decimal
from typing import Any

from llmcost.pricing.estimate import Estimated
from llmcost.render.explain import FORMATS, Format
from llmcost.render.json import dumped
from llmcost.render.numbers import plain
from llmcost.render.page import Fact, Heading, Page, Table, as_markdown, as_text
from llmcost.render.price_lines import line_document, lines_table, price_document, price_facts
from llmcost.render.prices import moment
from llmcost.render.surface import Surface

__all__ = ["FORMATS", "estimate"]


def estimate(found: Estimated, format_name: Format, surface: Surface) -> str:
    """The lines of the cost and the price behind them, in one of FORMATS."""
    if format_name == "json":
        return f"{dumped(_document(found))}\n"
    page = _page(found)
    return as_markdown(page) if format_name == "markdown" else as_text(page, surface)


def _page(found: Estimated) -> Page:
    calculation, currency = found.calculation, found.currency
    reason = "" if calculation.reason is None else f": {calculation.reason}"
    facts = [] if found.price is None else price_facts(calculation, found.price, found.context, found.call.at)
    lines: tuple[Table, ...] = (lines_table(calculation.lines, currency),) if calculation.lines else ()
    return (
        Heading(text=f"A call of {found.model} on {moment(found.call.at)}"),
        *lines,
        Fact(label="Cost", text=f"{plain(calculation.total)} {currency}, {calculation.status}{reason}"),
        *(Fact(label=label, text=text) for label, text in facts),
    )


def _document(found: Estimated) -> dict[str, Any]:
    calculation = found.calculation
    return {
        "schema": "llmcost/price-explain/1",
        "model": found.model,
        "at": moment(found.call.at),
        "currency": found.currency,
        "cost": plain(calculation.total or Decimal(0)),
        "cost_status": calculation.status,
        "reason": calculation.reason,
        "lines": [line_document(line) for line in calculation.lines],
        "price": None
        if found.price is None
        else price_document(calculation, found.price, found.context, found.call.at),
    }
