"""The statement of one owner, in every format: what it bears, and what every line rests on."""

from decimal import Decimal
from typing import Literal, get_args

from llmcost.allocation.chargeback import Chargeback
from llmcost.allocation.record import Allocation, Evidence, Line, Source
from llmcost.domain.exact import total
from llmcost.domain.printable import printable
from llmcost.render.cells import Grid
from llmcost.render.chargeback import state
from llmcost.render.chargeback_data import csv_lines, evidence_of, head, json_line, owner, source_shape
from llmcost.render.chargeback_words import amount, base, borne, by_title, days, how, owner_name, share, unpriced
from llmcost.render.json import dumped
from llmcost.render.numbers import money
from llmcost.render.page import Fact, Heading, Page, Part, Table, as_markdown, as_text
from llmcost.render.sheet import sheet
from llmcost.render.surface import Surface
from llmcost.reports.record import Column

Format = Literal["table", "json", "csv", "markdown", "html"]
FORMATS: tuple[Format, ...] = get_args(Format)
_COLUMNS = (
    Column(name="number", title="#", kind="text", role="key"),
    Column(name="cost", title="Cost", kind="text", role="key"),
    Column(name="how", title="Shared", kind="text", role="key"),
    Column(name="base", title="Base", kind="number", role="metric"),
    Column(name="of", title="Of", kind="number", role="metric"),
    Column(name="share", title="Share", kind="percent", role="metric"),
    Column(name="source", title="Of cost", kind="money", role="metric"),
    Column(name="amount", title="Amount", kind="money", role="metric"),
)


def render_statement(found: Chargeback, name: str | None, format_name: Format, surface: Surface) -> str:
    """The statement of the owner called `name`, who has a line; None is what nobody bears. Ends in a line break."""
    heading = f"Statement of {found.allocation.label} for {owner_name(name)}"
    lines = tuple(line for line in found.allocation.lines if line.owner == name)
    match format_name:
        case "json":
            return _json(found, name, lines)
        case "csv":
            return csv_lines(found.allocation, lines)
        case "markdown":
            return as_markdown((Heading(text=heading), *_page(found, lines)))
        case "html":
            return sheet(heading, None, _page(found, lines))
        case _:
            return as_text((Heading(text=heading), *_page(found, lines)), surface)


def _json(found: Chargeback, name: str | None, lines: tuple[Line, ...]) -> str:
    named = {(line.kind, line.source) for line in lines}
    shape = {
        "schema": "llmcost/statement/1",
        **head(found),
        "owner": owner(name, lines, total(line.amount for line in found.allocation.lines)),
        "lines": [json_line(line) for line in lines],
        "sources": [source_shape(one) for one in found.allocation.sources if (one.kind, one.name) in named],
        "notes": [*found.allocation.notes, *found.notes],
    }
    return f"{dumped(shape)}\n"


def _page(found: Chargeback, lines: tuple[Line, ...]) -> Page:
    allocation = found.allocation
    parts: list[Part] = [
        Fact(label="Period", text=days(allocation)),
        Fact(label="Borne by", text=f"{by_title(allocation)} {owner_name(lines[0].owner)}"),
        Fact(label="State", text=state(found)),
        Fact(label="Currency", text=allocation.currency),
        _table(allocation, lines),
    ]
    missing = _missing(allocation, lines)
    parts += [Fact(label="Unpriced", text=text) for text in missing]
    parts += [Fact(label="Note", text=f"{note}.") for note in found.notes]
    parts.append(Heading(text="Evidence"))
    for place, line in enumerate(lines, start=1):
        parts += _evidence(allocation, place, line)
    return tuple(parts)


def _table(allocation: Allocation, lines: tuple[Line, ...]) -> Table:
    rows = tuple(
        (
            str(place),
            printable(line.source),
            how(line, line.driver),
            base(line.base, line.driver, allocation.currency),
            base(line.base_total, line.driver, allocation.currency),
            share(line),
            "" if line.kind in {"direct", "adjustment"} else money(line.source_cost, allocation.currency),
            borne([line], allocation),
        )
        for place, line in enumerate(lines, start=1)
    )
    blank = ("",) * (len(_COLUMNS) - 3)
    return Table(
        cells=Grid(
            columns=_COLUMNS,
            headings=tuple(column.title for column in _COLUMNS),
            rows=rows,
            totals=("", "Total", *blank, borne(lines, allocation)),
        ),
        expendable=("base", "of", "source", "share"),
    )


def _missing(allocation: Allocation, lines: tuple[Line, ...]) -> list[str]:
    """Requests that are in no amount: the owner's own, and those in a cost it has a share of."""
    found = []
    for line in lines:
        if line.unpriced_requests and line.requests is not None:
            found.append(unpriced(line.requests, line.unpriced_requests))
            continue
        source = _source(allocation, line)
        if source is not None and source.unpriced_requests and line.kind != "direct":
            found.append(f"{printable(source.name)}: {unpriced(source.requests, source.unpriced_requests)}")
    return found


def _source(allocation: Allocation, line: Line) -> Source | None:
    return next((one for one in allocation.sources if one.name == line.source and one.kind == line.kind), None)


def _evidence(allocation: Allocation, place: int, line: Line) -> list[Part]:
    """How to see a line again: the sum it is, and the command that prints each term."""
    source = _source(allocation, line)
    facts: list[Part] = [Fact(label=f"{place}", text=_sum(allocation, line))]
    facts += [Fact(label="", text=_term(one, allocation), command=one.command) for one in evidence_of(allocation, line)]
    if source is not None:
        facts += [Fact(label="", text=text) for text in source.basis]
    return facts


def _sum(allocation: Allocation, line: Line) -> str:
    if line.unknown:
        return f"{printable(line.source)}: no known price"
    exact = f"{_digits(line.cost)} {allocation.currency}, stated as {amount(line.amount, allocation)}"
    if line.base is not None and line.base_total:
        parts = f"{_digits(line.source_cost)} x {_digits(line.base)} / {_digits(line.base_total)}"
        return f"{printable(line.source)}: {parts} = {exact}"
    return f"{printable(line.source)}: {exact}"


def _term(one: Evidence, allocation: Allocation) -> str:
    """What a command comes to, and how it prints that."""
    exact, rounded = _digits(one.cost), money(one.cost, allocation.currency)
    cut = "" if _digits(one.cost.quantize(Decimal("0.01"))) == exact else f", rounded {rounded}"
    return f"{'less ' if one.sign == '-' else ''}{exact} {allocation.currency}{cut}"


def _digits(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
