"""An invoice in every format."""

import csv as standard
import io
from decimal import Decimal
from typing import Literal, get_args

from llmcost.render.cells import Grid
from llmcost.render.csv import safe
from llmcost.render.drawing import drawn
from llmcost.render.json import dumped
from llmcost.render.markdown import grid_table
from llmcost.render.numbers import plain
from llmcost.render.surface import Surface
from llmcost.render.visible import label
from llmcost.reports.record import Column
from llmcost.tiers.invoice import Invoice, Line

Format = Literal["table", "json", "csv", "markdown"]
FORMATS: tuple[Format, ...] = get_args(Format)

_COLUMNS = (
    Column(name="charge", title="Charge", kind="text", role="key"),
    Column(name="tier", title="Tier", kind="count", role="metric"),
    Column(name="quantity", title="Quantity", kind="number", role="metric"),
    Column(name="unit_price", title="Unit price", kind="money", role="metric"),
    Column(name="amount", title="Amount", kind="money", role="metric"),
)


def render_invoice(invoice: Invoice, format_name: Format, surface: Surface) -> str:
    """The invoice, ending in a line break."""
    match format_name:
        case "json":
            return _json(invoice)
        case "csv":
            return _csv(invoice)
        case "markdown":
            return f"{grid_table(_grid(invoice))}\n"
        case _:
            return f"{drawn(_grid(invoice), surface)}\n"


def _json(invoice: Invoice) -> str:
    shape = {
        "schema": "llmcost/invoice/1",
        "plan": invoice.plan,
        "lines": [
            {
                "charge": line.charge,
                "tier": line.tier,
                "quantity": digits(line.quantity),
                "unit_price": plain(unit_price(line)),
                "amount": plain(line.amount),
            }
            for line in invoice.lines
        ],
        "total": plain(invoice.total),
    }
    return f"{dumped(shape)}\n"


def _csv(invoice: Invoice) -> str:
    target = io.StringIO(newline="")
    writer = standard.writer(target)
    writer.writerow([column.name for column in _COLUMNS])
    for line in invoice.lines:
        tier = "" if line.tier is None else line.tier
        writer.writerow([safe(line.charge), tier, digits(line.quantity), plain(unit_price(line)), plain(line.amount)])
    return target.getvalue()


def _grid(invoice: Invoice) -> Grid:
    return Grid(
        columns=_COLUMNS,
        headings=tuple(column.title for column in _COLUMNS),
        rows=tuple(
            (
                label(line.charge),
                "" if line.tier is None else str(line.tier),
                _grouped(line.quantity),
                plain(unit_price(line)),
                _money(line.amount),
            )
            for line in invoice.lines
        ),
        totals=("Total", "", "", "", _money(invoice.total)),
    )


def unit_price(line: Line) -> Decimal:
    """The price of one unit, also where the plan states that of a thousand."""
    return line.unit_price / line.per


def digits(number: Decimal) -> str:
    """A quantity without trailing zeros; the endless fraction of a period ends after 12 places."""
    short = number if number == round(number, 12) else round(number, 12)
    text = f"{short:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _grouped(number: Decimal) -> str:
    whole, point, fraction = digits(number).partition(".")
    return f"{int(whole):,}{point}{fraction}"


def _money(amount: Decimal) -> str:
    whole, _, fraction = plain(abs(amount)).partition(".")
    return f"{'-' if amount < 0 else ''}{int(whole):,}.{fraction}"
