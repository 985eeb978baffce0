"""The CSV that OpenAI's usage dashboard exports costs as.

Days without cost are rows with empty amounts; they charge nothing. https://help.openai.com/en/articles/8554956
"""

from collections.abc import Iterator

from llmcost.domain.bill_words import amount_of, day_of, end_of, line_item, optional_amount
from llmcost.reconcile.bill import Bill, Cells
from llmcost.reconcile.invoice import InvoiceFormat, InvoiceLine, Unused, digest
from llmcost.reconcile.invoices._openai import tokens

_NEEDED = {"start_time", "amount_value", "amount_currency", "line_item"}
_AMOUNTS = ("amount_value", "quantity")


def _claims(bill: Bill) -> bool:
    return set(bill.columns) >= _NEEDED


def _lines(bill: Bill) -> Iterator[InvoiceLine | Unused]:
    for row in bill.rows():
        if row["amount_value"] or row["line_item"]:
            yield _line(row)


def _line(row: Cells) -> InvoiceLine | Unused:
    try:
        since = day_of(row["start_time_iso"] or row["start_time"])
        model, token_class = line_item(row["line_item"])
        return InvoiceLine(
            since=since,
            until=end_of(row["end_time_iso"], since),
            provider="openai",
            model=model,
            token_class=token_class,
            quantity=tokens(optional_amount(row["quantity"]), row["quantity_unit"]),
            amount=amount_of(row["amount_value"]),
            currency=(row["amount_currency"] or "usd").upper(),
            description=row["line_item"],
            place=row.place,
            record=digest(row.values, _AMOUNTS),
        )
    except (ValueError, OverflowError, OSError) as error:
        return Unused(place=row.place, reason=str(error), amount=None)


invoice_format = InvoiceFormat(title="OpenAI costs, dashboard CSV", claims=_claims, lines=_lines)
