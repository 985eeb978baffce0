"""The cost CSV of the Anthropic Console (`claude_api_cost_2026_11.csv`).

Each row is rounded to the cent, so that many small rows drift; models have their display names (`Claude Haiku 4.5`). Older
exports lack the later columns. https://support.claude.com/en/articles/9534590-cost-and-usage-reporting-in-the-claude-console
"""

from collections.abc import Iterator

from llmcost.domain.bill_words import amount_of, class_of, day_of, end_of
from llmcost.reconcile.bill import Bill, Cells
from llmcost.reconcile.invoice import InvoiceFormat, InvoiceLine, Unused, digest

_NEEDED = {"usage_date_utc", "model", "token_type", "cost_usd"}
_AMOUNTS = ("cost_usd", "list_price_usd")


def _claims(bill: Bill) -> bool:
    return set(bill.columns) >= _NEEDED


def _lines(bill: Bill) -> Iterator[InvoiceLine | Unused]:
    for row in bill.rows():
        yield _line(row)


def _line(row: Cells) -> InvoiceLine | Unused:
    try:
        since = day_of(row["usage_date_utc"])
        kind = row["token_type"] or row["cost_type"]
        return InvoiceLine(
            since=since,
            until=end_of(None, since),
            provider="anthropic",
            model=row["model"] or None,
            token_class=class_of(kind),
            quantity=None,
            amount=amount_of(row["cost_usd"]),
            currency="USD",
            description=kind,
            place=row.place,
            record=digest(row.values, _AMOUNTS),
        )
    except ValueError as error:
        return Unused(place=row.place, reason=str(error), amount=None)


invoice_format = InvoiceFormat(title="Anthropic Console cost CSV", claims=_claims, lines=_lines)
