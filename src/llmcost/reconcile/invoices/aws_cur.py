"""AWS Cost and Usage Reports, version 1 (`lineItem/UsageType`) and 2.0 (`line_item_usage_type`): the lines of Bedrock.

Each line is one model and token class of one hour or day, named in the usage type: `USE1-Claude4.6Opus-input-tokens`. Amounts
are unblended. Taxes, credits, fees and other services are left out, and counted.
https://docs.aws.amazon.com/bedrock/latest/userguide/cost-mgmt-understanding-cur-data.html
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from llmcost.domain.bill_words import amount_of, class_of, day_of, optional_amount
from llmcost.reconcile.bill import Bill, Cells
from llmcost.reconcile.invoice import InvoiceFormat, InvoiceLine, Unused, digest

_NEEDED = {"lineitemusagestartdate", "lineitemusagetype", "lineitemunblendedcost", "lineitemproductcode"}
_AMOUNTS = ("lineitemunblendedcost", "lineitemblendedcost", "lineitemnetunblendedcost", "lineitemusageamount")
_USAGE = {"usage", "discountedusage", "savingsplancoveredusage", ""}
_REGION = re.compile(r"^[A-Z]{2,4}\d?-")
_ITEM = re.compile(r"(?P<model>.+?)-(?:mantle-)?(?:text-)?(?P<kind>(?:input|output|cache)\b.*)", re.IGNORECASE)
_SCALES = ((re.compile(r"1\s?k|1,?000 ", re.IGNORECASE), 1000), (re.compile(r"1\s?m", re.IGNORECASE), 1_000_000))


def _plain(column: str) -> str:
    """One name for a column of both versions."""
    return re.sub(r"[^a-z]", "", column.lower())


def _claims(bill: Bill) -> bool:
    return {_plain(column) for column in bill.columns} >= _NEEDED


def _lines(bill: Bill) -> Iterator[InvoiceLine | Unused]:
    names = {_plain(column): column for column in bill.columns}
    for row in bill.rows():
        yield _line(row, names)


def _line(row: Cells, names: dict[str, str]) -> InvoiceLine | Unused:
    def cell(name: str) -> str:
        return row[names[name]] if name in names else ""

    currency = (cell("lineitemcurrencycode") or "USD").upper()
    try:
        amount = amount_of(cell("lineitemunblendedcost"))
        kind = cell("lineitemlineitemtype")
        about = f"{cell('lineitemproductcode')} {cell('productproductname')} {cell('lineitemlineitemdescription')}"
        if "bedrock" not in about.lower():
            return _foreign(row.place, "another service", amount, currency)
        if kind.lower() not in _USAGE:
            return _foreign(row.place, f"a charge of type {kind}", amount, currency)
        usage_type = cell("lineitemusagetype")
        item = _ITEM.fullmatch(_REGION.sub("", usage_type))
        since = day_of(cell("lineitemusagestartdate"))
        return InvoiceLine(
            since=since,
            until=since + timedelta(days=1),
            provider="aws",
            model=item["model"] if item is not None else None,
            token_class=class_of(item["kind"] if item is not None else usage_type),
            quantity=_tokens(optional_amount(cell("lineitemusageamount")), cell("pricingunit")),
            amount=amount,
            currency=currency,
            description=usage_type,
            place=row.place,
            record=digest(row.values, [names[name] for name in _AMOUNTS if name in names]),
        )
    except ValueError as error:
        return Unused(place=row.place, reason=str(error), amount=None)


def _foreign(place: str, reason: str, amount: Decimal, currency: str) -> Unused:
    return Unused(place=place, reason=reason, amount=amount, currency=currency, kind="foreign")


def _tokens(quantity: Decimal | None, unit: str) -> Decimal | None:
    if quantity is None:
        return None
    return quantity * next((scale for pattern, scale in _SCALES if pattern.match(unit)), 1)


invoice_format = InvoiceFormat(title="AWS Cost and Usage Report, Bedrock lines", claims=_claims, lines=_lines)
