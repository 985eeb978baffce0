"""OpenAI's costs API (`GET /v1/organization/costs`), pages of days.

`amount.value` is a JSON number: its digits are kept. Grouped by `line_item` it tells model and token class; otherwise a day is
one amount. https://platform.openai.com/docs/api-reference/usage/costs
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from llmcost.domain.bill_words import amount_of, day_of, end_of, line_item, optional_amount, text_of
from llmcost.reconcile.bill import Bill
from llmcost.reconcile.invoice import InvoiceFormat, InvoiceLine, Unused, digest
from llmcost.reconcile.invoices._openai import tokens
from llmcost.reconcile.invoices._pages import Result, buckets, results

_RESULT = "organization.costs.result"


def _claims(bill: Bill) -> bool:
    found = buckets(bill)
    return bool(found) and all(
        bucket.get("object") == "bucket"
        and all(isinstance(one, dict) and one.get("object") == _RESULT for one in bucket.get("results") or ())
        for bucket in found
    )


def _lines(bill: Bill) -> Iterator[InvoiceLine | Unused]:
    for result in results(bill):
        yield result if isinstance(result, Unused) else _line(result)


def _line(result: Result) -> InvoiceLine | Unused:
    charge, bucket = result.charge, result.bucket
    amount = charge.get("amount")
    if not isinstance(amount, dict):
        return Unused(place=result.place, reason="no amount", amount=None)
    try:
        since = day_of(bucket.get("start_time"))
        ends = bucket.get("end_time")
        until = datetime.fromtimestamp(ends, UTC).isoformat() if isinstance(ends, int) else None
        item = text_of(charge, "line_item")
        model, token_class = line_item(item)
        return InvoiceLine(
            since=since,
            until=end_of(until, since),
            provider="openai",
            model=model,
            token_class=token_class,
            quantity=tokens(optional_amount(charge.get("quantity")), text_of(charge, "quantity_unit")),
            amount=amount_of(amount.get("value")),
            currency=(text_of(amount, "currency") or "usd").upper(),
            description=item or "",
            place=result.place,
            record=digest(charge, ("amount", "quantity")),
        )
    except (ValueError, OverflowError, OSError) as error:
        return Unused(place=result.place, reason=str(error), amount=None)


invoice_format = InvoiceFormat(title="OpenAI costs API", claims=_claims, lines=_lines)
