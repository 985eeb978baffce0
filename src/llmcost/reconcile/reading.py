"""From files to the lines of a bill: which export each file is, and what is in it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Context, Decimal, localcontext
from pathlib import Path

from llmcost.domain.errors import DataError, UsageError
from llmcost.domain.text import nearest
from llmcost.reconcile.bill import Bill, open_bill
from llmcost.reconcile.invoice import InvoiceFormat, InvoiceLine, Unused
from llmcost.reconcile.invoices._pages import starts
from llmcost.reconcile.mapping import InvoiceMap
from llmcost.reconcile.registry import invoice_formats
from llmcost.reconcile.repeated import counted_once

EXACT = Context(prec=200)
"""Enough digits for every sum of amounts, so that none is rounded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadInvoice:
    """One file of a bill."""

    path: Path
    format: str
    lines: tuple[InvoiceLine, ...]
    unused: tuple[Unused, ...]
    starts: frozenset[date] = frozenset()
    """The days that buckets of an API's pages begin on."""


def read_invoices(
    paths: Sequence[Path], *, format_name: str | None = None, invoice_map: InvoiceMap | None = None
) -> list[ReadInvoice]:
    """Read every file; DataError where none or several formats know one, or where it breaks off."""
    if format_name is not None and format_name not in invoice_formats():
        known = ", ".join(invoice_formats())
        raise UsageError(
            f"unknown invoice format {format_name!r}",
            hint=nearest(format_name, invoice_formats()) or f"the formats are {known}",
        )
    if format_name is not None and invoice_map is not None:
        raise UsageError("--map and --invoice-format both say how to read the invoice", hint="give one or the other")
    with localcontext(EXACT):
        return counted_once(_paged([_read(path, format_name, invoice_map) for path in dict.fromkeys(paths)]))


def _paged(invoices: list[ReadInvoice]) -> list[ReadInvoice]:
    """The same files without the word that a page is missing which another of them is."""
    begun = {(invoice.format, day) for invoice in invoices for day in invoice.starts}
    return [
        replace(invoice, unused=tuple(one for one in invoice.unused if (invoice.format, one.awaits) not in begun))
        for invoice in invoices
    ]


def _read(path: Path, format_name: str | None, invoice_map: InvoiceMap | None) -> ReadInvoice:
    bill = open_bill(path)
    if invoice_map is not None:
        name, found = "map", InvoiceFormat(title="Mapped invoice", claims=lambda _: True, lines=invoice_map.lines)
    else:
        name = format_name or _recognised(bill)
        found = invoice_formats()[name]
    lines: list[InvoiceLine] = []
    unused: list[Unused] = []
    for line in found.lines(bill):
        if isinstance(line, Unused):
            unused.append(line)
        else:
            lines.append(line)
    return ReadInvoice(path=path, format=name, lines=tuple(lines), unused=tuple(unused), starts=starts(bill))


def _recognised(bill: Bill) -> str:
    """The one format that claims a bill."""
    claimants = [name for name, found in invoice_formats().items() if found.claims(bill)]
    if len(claimants) == 1:
        return claimants[0]
    if claimants:
        raise DataError(
            f"{bill.path}: more than one invoice format knows this file: {', '.join(claimants)}",
            hint="say which with --invoice-format",
        )
    shape = f"columns {', '.join(bill.columns[:8])}" if bill.columns else "a JSON document"
    raise DataError(
        f"{bill.path}: no invoice format knows this file ({shape})",
        hint=f"say what its columns are with --map, or force one of {', '.join(invoice_formats())} with --invoice-format",
    )


def total(lines: Sequence[InvoiceLine]) -> Decimal:
    """The sum of their amounts."""
    return sum((line.amount for line in lines), Decimal(0))
