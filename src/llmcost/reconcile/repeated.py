"""Charges that several files of a bill hold: pulls of days that overlap, a file and its copy.

The lines of one file are added up. Of two files that charge for one bucket (the same format, days, and all that their lines say
but amounts and quantities) the larger counts, as when they are ingested: most often one is a later delivery of the other.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.reconcile.invoice import InvoiceLine, Unused

if TYPE_CHECKING:
    from pathlib import Path

    from llmcost.reconcile.reading import ReadInvoice

Bucket = tuple[object, ...]


def counted_once(invoices: Sequence["ReadInvoice"]) -> list["ReadInvoice"]:
    """The same files; the lines of buckets that another file charges more for are unused, and so is all of a copy."""
    charges: dict[Bucket, dict[Path, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for invoice in invoices:
        for line in invoice.lines:
            charges[_bucket(invoice, line)][invoice.path] += line.amount
    # The first of the largest.
    holders = {bucket: max(found, key=lambda path: found[path]) for bucket, found in charges.items()}
    originals: dict[Bucket, Path] = {}
    found = []
    for invoice in invoices:
        original = originals.setdefault(_content(invoice), invoice.path)
        kept = [line for line in invoice.lines if holders[_bucket(invoice, line)] == invoice.path]
        repeated = [
            _repeated(line, holder)
            for line in invoice.lines
            if (holder := holders[_bucket(invoice, line)]) != invoice.path
        ]
        others = invoice.unused if original == invoice.path else _of_copy(invoice.unused, original)
        found.append(replace(invoice, lines=tuple(kept), unused=(*others, *repeated)))
    return found


def _bucket(invoice: "ReadInvoice", line: InvoiceLine) -> Bucket:
    about = (line.since, line.until, line.provider, line.model, line.token_class, line.currency)
    return (invoice.format, *about, line.record)


def _content(invoice: "ReadInvoice") -> Bucket:
    """What a file says, wherever it lies."""
    lines = tuple((_bucket(invoice, line), line.amount, line.quantity) for line in invoice.lines)
    return lines, tuple((one.reason, one.amount, one.currency) for one in invoice.unused)


def _of_copy(unused: Iterable[Unused], original: "Path") -> tuple[Unused, ...]:
    return tuple(_repeated(one, original) if one.kind == "foreign" else one for one in unused)


def _repeated(line: InvoiceLine | Unused, holder: "Path") -> Unused:
    return Unused(
        place=line.place,
        reason=f"{holder} charges for it, too; counted once",
        amount=line.amount,
        currency=line.currency,
        kind="repeated",
    )
