"""The allocation of a period, in every format."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal, get_args

from llmcost.allocation.chargeback import Chargeback
from llmcost.allocation.record import Allocation, Kind, Line, Source
from llmcost.domain.exact import total
from llmcost.domain.printable import printable
from llmcost.render.cells import Grid
from llmcost.render.chargeback_data import csv_lines, json_document
from llmcost.render.chargeback_words import UNPRICED, amount, borne, by_title, days, how, owner_name, titles, unpriced
from llmcost.render.numbers import human
from llmcost.render.page import Fact, Heading, Page, Part, Table, as_markdown, as_text
from llmcost.render.sheet import sheet
from llmcost.render.surface import Surface
from llmcost.reports.record import Column

Format = Literal["table", "json", "csv", "markdown", "html"]
FORMATS: tuple[Format, ...] = get_args(Format)


def render_chargeback(found: Chargeback, format_name: Format, surface: Surface, title: str = "Chargeback") -> str:
    """The allocation, ending in a line break; `title` is what the page is called."""
    heading = f"{title} of {found.allocation.label} by {by_title(found.allocation).lower()}"
    match format_name:
        case "json":
            return json_document(found)
        case "csv":
            return csv_lines(found.allocation)
        case "markdown":
            return as_markdown((Heading(text=heading), *_page(found)))
        case "html":
            return sheet(heading, None, _page(found))
        case _:
            return as_text((Heading(text=heading), *_page(found)), surface)


def state(found: Chargeback) -> str:
    """Whether a period is closed, and what tells it was not changed since."""
    if found.restates is not None:
        return f"closed on {found.restates.closed_at:%Y-%m-%d}; this is what it would come to now"
    if found.closing is None:
        return "open: amounts may change"
    return f"closed on {found.closing.closed_at:%Y-%m-%d}, SHA-256 {found.closing.hash[:16]}"


def too_far_words(allocation: Allocation, tolerance: Decimal) -> str:
    """Why a period is not closed."""
    invoice = allocation.invoice or Decimal(0)
    difference = human(allocation.difference, "money", allocation.currency, signed=True)
    share = human(float(abs(allocation.difference / invoice)), "percent", "USD") if invoice else "all"
    return (
        f"{allocation.label} is not closed: the invoices come to {_exact(invoice, allocation)}, {difference} ({share}) "
        f"to requests and charges, more than {human(float(tolerance), 'percent', 'USD')}"
    )


def _page(found: Chargeback) -> Page:
    allocation = found.allocation
    parts: list[Part] = [_owners(allocation), Heading(text="What it is made of"), _sources(allocation)]
    parts += [Fact(label=label, text=text) for label, text in facts(found)]
    return tuple(parts)


def facts(found: Chargeback) -> list[tuple[str, str]]:
    """What ties the total to the ledger and to an invoice, and what it leaves out."""
    allocation = found.allocation
    requests = _stated(allocation, "direct", "requests", "unattributed")
    charges = _stated(allocation, "charge")
    known = [f"requests {amount(requests, allocation)}"]
    if allocation.charges:
        known.append(f"charges beside them {amount(charges, allocation)}")
    lines = [
        ("Period", days(allocation)),
        ("State", state(found)),
        ("Ledger", "; ".join(known)),
    ]
    lost = total(one.cost for one in allocation.sources if one.kind == "unattributed")
    if allocation.ledger_cost:
        named = human(float(1 - lost / allocation.ledger_cost), "percent", "USD")
        lines.append(("Coverage", f"{named} of the cost of requests has an owner or a rule"))
    if allocation.invoice is not None:
        difference = _stated(allocation, "difference")
        told = human(difference, "money", allocation.currency, signed=True, places=allocation.decimals)
        billed = amount(total([requests, charges, difference]), allocation)
        lines.append(("Invoice", f"{billed}, {told} to requests and charges"))
    if allocation.unpriced_requests:
        lines.append(("Unpriced", unpriced(allocation.requests, allocation.unpriced_requests)))
    if allocation.basis == "exports":
        lines.append(("Basis", "exports of providers and gateways, not requests"))
    lines += [("Note", f"{note}.") for note in (*allocation.notes, *found.notes)]
    return lines


def _stated(allocation: Allocation, *kinds: Kind) -> Decimal:
    """What costs of some kinds come to in the tables, so that the lines below agree with them to the last cent."""
    return total(source.amount for source in allocation.sources if source.kind in kinds)


def _owners(allocation: Allocation) -> Table:
    shown = {line.kind for line in allocation.lines}
    kinds = [kind for kind in titles() if kind in shown]
    has_unpriced = any(line.unpriced_requests for line in allocation.lines)
    whole = total(line.amount for line in allocation.lines)

    def cells(lines: Sequence[Line]) -> list[str]:
        found = [_of(lines, kind, allocation) for kind in kinds]
        found += [borne(lines, allocation), _share(total(line.amount for line in lines), whole)]
        return [*found, f"{sum(line.unpriced_requests for line in lines):,}"] if has_unpriced else found

    columns = (
        Column(name=allocation.by, title=by_title(allocation), kind="text", role="key"),
        *(Column(name=titles()[kind].lower(), title=titles()[kind], kind="money", role="metric") for kind in kinds),
        Column(name="total", title="Total", kind="money", role="metric"),
        Column(name="share", title="Share", kind="percent", role="metric"),
        *([Column(name="unpriced", title="Unpriced", kind="count", role="metric")] if has_unpriced else []),
    )
    return Table(
        cells=Grid(
            columns=columns,
            headings=tuple(printable(column.title) for column in columns),
            rows=tuple((owner_name(owner), *cells(lines)) for owner, lines in allocation.by_owner.items()),
            totals=("Total", *cells(allocation.lines)),
        ),
        # What a total is made of goes last: without it rows do not add up.
        expendable=(*(titles()[kind].lower() for kind in kinds), "unpriced", "share"),
    )


def _of(lines: Sequence[Line], kind: Kind, allocation: Allocation) -> str:
    mine = [line for line in lines if line.kind == kind]
    return borne(mine, allocation) if mine else ""


def _share(amount_of: Decimal, whole: Decimal) -> str:
    return human(float(amount_of / whole), "percent", "USD") if whole else "-"


def _sources(allocation: Allocation) -> Table:
    columns = (
        Column(name="cost", title="Cost", kind="text", role="key"),
        Column(name="shared", title="Shared", kind="text", role="key"),
        Column(name="amount", title="Amount", kind="money", role="metric"),
        Column(name="requests", title="Requests", kind="count", role="metric"),
        Column(name="unpriced", title="Unpriced", kind="count", role="metric"),
    )
    rows = [
        (
            printable(source.name),
            *_shared(allocation, source),
            f"{source.requests:,}" if source.requests else "",
            f"{source.unpriced_requests:,}" if source.unpriced_requests else "",
        )
        for source in allocation.sources
    ]
    amounts = total(source.amount for source in allocation.sources if source.kind != "owner")
    return Table(
        cells=Grid(
            columns=columns,
            headings=tuple(column.title for column in columns),
            rows=tuple(rows),
            totals=(
                "Total",
                "",
                amount(amounts, allocation),
                f"{allocation.requests:,}",
                f"{allocation.unpriced_requests:,}",
            ),
        ),
        expendable=("unpriced", "requests"),
    )


def _shared(allocation: Allocation, source: Source) -> tuple[str, str]:
    """How it is shared, and how much it is; what an owner passes on is in the other costs already."""
    words = how(source, _driver(allocation, source.name))
    if source.kind == "owner":
        return f"passes on {amount(source.amount, allocation)} {words}", ""
    return words, UNPRICED if source.unknown else amount(source.amount, allocation)


def _driver(allocation: Allocation, name: str) -> str | None:
    return next((line.driver for line in allocation.lines if line.source == name and line.driver is not None), None)


def _exact(value: Decimal, allocation: Allocation) -> str:
    return human(value, "money", allocation.currency)
