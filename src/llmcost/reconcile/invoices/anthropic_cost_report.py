"""Anthropic's cost report API (`GET /v1/organizations/cost_report`), pages of days.

Amounts are text in cents. Priority Tier is not in it. Grouped by `description` it tells model and token type; otherwise a day
is one amount. https://platform.claude.com/docs/en/api/admin-api/usage-cost/get-cost-report
"""

from collections.abc import Iterator

from llmcost.domain.bill_words import amount_of, class_of, day_of, end_of, text_of
from llmcost.reconcile.bill import Bill
from llmcost.reconcile.invoice import InvoiceFormat, InvoiceLine, Unused, digest
from llmcost.reconcile.invoices._pages import Result, buckets, results


def _claims(bill: Bill) -> bool:
    return any("starting_at" in bucket for bucket in buckets(bill)) and all(
        isinstance(charge, dict) and isinstance(charge.get("amount"), str)
        for bucket in buckets(bill)
        for charge in bucket.get("results") or ()
    )


def _lines(bill: Bill) -> Iterator[InvoiceLine | Unused]:
    for result in results(bill):
        yield result if isinstance(result, Unused) else _line(result)


def _line(result: Result) -> InvoiceLine | Unused:
    charge, bucket = result.charge, result.bucket
    try:
        since = day_of(bucket.get("starting_at"))
        kind = text_of(charge, "cost_type") or ""
        token_type = text_of(charge, "token_type")
        return InvoiceLine(
            since=since,
            until=end_of(bucket.get("ending_at"), since),
            provider="anthropic",
            model=text_of(charge, "model"),
            token_class=class_of(token_type or kind),
            quantity=None,
            amount=amount_of(charge.get("amount")).scaleb(-2),
            currency=(text_of(charge, "currency") or "USD").upper(),
            description=text_of(charge, "description") or token_type or kind,
            place=result.place,
            record=digest(charge, ("amount",)),
        )
    except ValueError as error:
        return Unused(place=result.place, reason=str(error), amount=None)


invoice_format = InvoiceFormat(title="Anthropic cost report API", claims=_claims, lines=_lines)
