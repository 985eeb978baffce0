"""The usage statement of a customer, in every format: nothing in it says how we run."""

import csv as standard
import io
from decimal import Decimal
from typing import Any, Literal, get_args

from llmcost.allocation.usage import UsageLine, UsageStatement
from llmcost.domain.text import plural
from llmcost.ledger.metrics import metric
from llmcost.render.cells import Grid
from llmcost.render.csv import safe
from llmcost.render.json import dumped
from llmcost.render.numbers import human, machine, plain
from llmcost.render.page import Fact, Heading, Page, Part, Table, as_markdown, as_text
from llmcost.render.sheet import sheet
from llmcost.render.surface import Surface
from llmcost.render.visible import label
from llmcost.reports.record import Column

Format = Literal["table", "json", "csv", "markdown", "html"]
FORMATS: tuple[Format, ...] = get_args(Format)


def render_usage_statement(found: UsageStatement, format_name: Format, surface: Surface) -> str:
    """The statement, ending in a line break."""
    title = f"{found.terms.title} {found.label}"
    page = _page(found)
    above = found.terms.issuer
    headed = (Heading(text=title), *([Fact(label="From", text=above)] if above else []), *page)
    match format_name:
        case "json":
            return _json(found)
        case "csv":
            return _csv(found)
        case "markdown":
            return as_markdown(headed)
        case "html":
            return sheet(title, above, page)
        case _:
            return as_text(headed, surface)


def _page(found: UsageStatement) -> Page:
    span = found.first_day if found.first_day == found.last_day else f"{found.first_day} to {found.last_day}"
    parts: list[Part] = [
        Fact(label="Customer", text=label(found.customer)),
        Fact(label="Period", text=f"{span} ({found.zone})"),
    ]
    if found.amount is not None:
        parts.append(Fact(label="Currency", text=found.currency))
    parts.append(_table(found))
    parts += [
        Fact(label="Price", text=f"{_money(one.price, found, None)} per {_per(one.per)}{_title(one.metric).lower()}")
        for one in found.terms.prices
    ]
    if found.unpriced_requests and found.amount is not None:
        verb = "is" if found.unpriced_requests == 1 else "are"
        parts.append(
            Fact(
                label="Pending",
                text=f"{plural(found.unpriced_requests, 'request')} {verb} not priced yet and in no amount.",
            )
        )
    if found.terms.note is not None:
        parts.append(Fact(label="Note", text=found.terms.note))
    return tuple(parts)


def _table(found: UsageStatement) -> Table:
    columns = [
        Column(name=found.terms.by, title=found.terms.by.replace("_", " ").capitalize(), kind="text", role="key"),
        *(
            Column(name=name, title=metric(name).title, kind=metric(name).kind, role="metric")
            for name in found.terms.columns
        ),
    ]
    if found.amount is not None:
        columns.append(Column(name="amount", title="Amount", kind="money", role="metric"))
    totals = ["Total", *_cells(found, found.totals)]
    if found.amount is not None:
        totals.append(_money(found.amount, found, found.decimals))
    return Table(
        cells=Grid(
            columns=tuple(columns),
            headings=tuple(column.title for column in columns),
            rows=tuple(_row(found, line) for line in found.lines),
            totals=tuple(totals),
        ),
        expendable=found.terms.columns,
    )


def _row(found: UsageStatement, line: UsageLine) -> tuple[str, ...]:
    cells = ["Other" if line.name is None else label(line.name), *_cells(found, line.values)]
    if found.amount is not None:
        cells.append("pending" if line.amount is None else _money(line.amount, found, found.decimals))
    return tuple(cells)


def _cells(found: UsageStatement, values: "Any") -> list[str]:
    return [human(values[name], metric(name).kind, found.currency) for name in found.terms.columns]


def _json(found: UsageStatement) -> str:
    shape = {
        "schema": "llmcost/usage-statement/1",
        "title": found.terms.title,
        "issuer": found.terms.issuer,
        "customer": found.customer,
        "period": {"since": found.since, "until": found.until, "tz": found.zone},
        "currency": found.currency,
        "by": found.terms.by,
        "lines": [
            {
                found.terms.by: line.name,
                **_numbers(found, line.values),
                "amount": None if line.amount is None else plain(line.amount),
            }
            for line in found.lines
        ],
        "totals": {**_numbers(found, found.totals), "amount": None if found.amount is None else plain(found.amount)},
        "pending_requests": found.unpriced_requests,
        "note": found.terms.note,
    }
    return f"{dumped(shape)}\n"


def _numbers(found: UsageStatement, values: "Any") -> dict[str, str | int | float | None]:
    return {name: machine(values[name], metric(name).kind) for name in found.terms.columns}


def _csv(found: UsageStatement) -> str:
    target = io.StringIO(newline="")
    writer = standard.writer(target)
    ends = ["amount", "currency"] if found.amount is not None else []
    writer.writerow(["customer", "period", safe(found.terms.by), *found.terms.columns, *ends])
    for line in found.lines:
        numbers = ["" if one is None else one for one in _numbers(found, line.values).values()]
        money = (
            []
            if found.amount is None
            else ["" if line.amount is None else f"{line.amount:.{found.decimals}f}", found.currency]
        )
        writer.writerow(
            [safe(found.customer), found.label, "" if line.name is None else safe(line.name), *numbers, *money]
        )
    return target.getvalue()


def _money(value: Decimal, found: UsageStatement, places: int | None) -> str:
    return human(value, "money", found.currency, places=places)


def _per(number: Decimal) -> str:
    return "" if number == 1 else f"{int(number) if number == int(number) else number:,} "


def _title(name: str) -> str:
    return metric(name).title
