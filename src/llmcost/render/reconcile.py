"""A reconciliation as text for people, as JSON, as CSV and as Markdown."""

import csv
import io
import textwrap
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, Literal

from llmcost.domain.printable import printable
from llmcost.domain.text import plural
from llmcost.ledger.registry import Kind
from llmcost.reconcile.invoice import Unused
from llmcost.reconcile.registry import known_causes
from llmcost.reconcile.result import ComparedRow, NamedCause, Reconciliation
from llmcost.render.cells import Grid, is_number
from llmcost.render.csv import safe
from llmcost.render.drawing import drawn
from llmcost.render.formats import Format
from llmcost.render.json import dumped
from llmcost.render.markdown import escape
from llmcost.render.numbers import human, money_places, plain
from llmcost.render.surface import Surface
from llmcost.render.visible import label, width
from llmcost.reports.record import Column

_SHOWN_ROWS = 10
_SHOWN_MODELS = 3
_NARROWEST, _PIPED = 40, 160
"""Columns that text is folded to at least, and where there is no terminal."""
_COLUMNS: tuple[tuple[str, str, Kind, Literal["key", "metric"]], ...] = (
    ("since", "Day", "text", "key"),
    ("model", "Model", "text", "key"),
    ("token_class", "Tokens", "text", "key"),
    ("billed", "Billed", "money", "metric"),
    ("logged", "Logged", "money", "metric"),
    ("difference", "Difference", "money", "metric"),
    ("unexplained", "Unexplained", "money", "metric"),
    ("causes", "Causes", "text", "key"),
)
_EVERYTHING = "all"


def render_reconciliation(
    result: Reconciliation, format_name: Format, surface: Surface, limit: int | None = None
) -> str:
    """The reconciliation in that format, ending in a line break; `limit` is on rows, 10 for people unless given."""
    match format_name:
        case "json":
            return as_json(result, limit)
        case "csv":
            return as_csv(result, limit)
        case "markdown":
            return as_markdown(result, limit or _SHOWN_ROWS)
        case _:
            return as_table(result, surface, limit or _SHOWN_ROWS)


def as_json(result: Reconciliation, limit: int | None = None) -> str:
    """The stable document `llmcost/reconcile/1`."""
    shape: dict[str, Any] = {
        "schema": "llmcost/reconcile/1",
        "period": {"since": str(result.since), "until": str(result.until), "tz": result.zone},
        "currency": result.currency,
        "providers": list(result.providers),
        "invoices": [
            {"path": file.path, "format": file.format, "lines": file.lines, "billed": plain(file.amount)}
            for file in result.files
        ],
        "billed": plain(result.billed),
        "logged": plain(result.logged),
        "difference": plain(result.difference),
        "explained": plain(result.explained),
        "unexplained": plain(result.unexplained),
        "unexplained_ratio": None if result.unexplained_share is None else round(float(result.unexplained_share), 6),
        "tolerance": result.tolerance.text,
        "within_tolerance": result.within_tolerance,
        "basis": result.basis,
        "requests": result.requests,
        "unpriced_requests": result.unpriced_requests,
        "causes": [
            {
                "cause": cause.cause,
                "detail": cause.detail,
                "amount": plain(cause.amount),
                "moved": plain(cause.moved),
                "rows": cause.rows,
                "models": list(cause.models),
                "since": str(cause.first),
                "until": str(cause.last + timedelta(days=1)),
            }
            for cause in result.causes
        ],
        "rows": [_row_json(row) for row in result.rows[:limit]],
        "row_count": len(result.rows),
        "unused": [
            {
                "place": one.place,
                "reason": one.reason,
                "kind": one.kind,
                "billed": None if one.amount is None else plain(one.amount),
                "currency": one.currency,
            }
            for one in result.unused
        ],
        "outside": None
        if result.outside is None
        else {
            "since": str(result.outside.first),
            "until": str(result.outside.last + timedelta(days=1)),
            "lines": result.outside.lines,
            "billed": plain(result.outside.billed),
        },
    }
    return f"{dumped(shape)}\n"


def _row_json(row: ComparedRow) -> dict[str, Any]:
    return {
        "since": str(row.key.since),
        "until": str(row.key.until),
        "provider": row.key.provider,
        "model": row.key.model,
        "token_class": row.key.token_class,
        "billed": plain(row.billed),
        "logged": plain(row.logged),
        "difference": plain(row.difference),
        "unexplained": plain(row.unexplained),
        "invoice_lines": row.lines,
        "requests": row.requests,
        "causes": {name: plain(amount) for name, amount in row.causes},
    }


def as_csv(result: Reconciliation, limit: int | None = None) -> str:
    """A line for each row of the JSON; the amount of each known cause has a column of its own."""
    target = io.StringIO(newline="")
    writer = csv.writer(target)
    causes = list(known_causes())
    keys = ("since", "until", "provider", "model", "token_class")
    numbers = ("billed", "logged", "difference", "unexplained", "invoice_lines", "requests")
    writer.writerow([*keys, *numbers, *causes])
    for row in result.rows[:limit]:
        values = _row_json(row)
        writer.writerow(
            [
                *(safe(values[name] or "") for name in keys),
                *(values[name] for name in numbers),
                *(values["causes"].get(name, "") for name in causes),
            ]
        )
    return target.getvalue()


def as_markdown(result: Reconciliation, limit: int) -> str:
    """The summary, the causes and the worst rows, for a pull request or a ticket."""
    parts = [
        "\n".join(
            ["| | Amount | |", "| :--- | ---: | :--- |"]
            + [f"| {escape(name)} | {escape(amount)} | {escape(note)} |" for name, amount, note in _summary(result)]
        )
    ]
    if result.causes:
        lines = ["| Cause | Amount | Where |", "| :--- | ---: | :--- |"]
        lines += [
            f"| {escape(f'{cause.title}: {cause.detail}')} | {escape(_signed(cause.amount, result))} | {escape(_where(cause, result))} |"
            for cause in result.causes
        ]
        parts.append("\n".join(lines))
    cells = _grid(result, limit)
    if cells.rows:
        rules = ["---:" if is_number(column) else ":---" for column in cells.columns]
        drawing = [map(escape, cells.headings), rules, *(map(escape, row) for row in cells.rows)]
        parts.append("\n".join(f"| {' | '.join(line)} |" for line in drawing))
    parts.append("\n".join(f"- {escape(line)}" for line in _remarks(result, len(cells.rows))))
    return "\n\n".join(part for part in parts if part) + "\n"


def as_table(result: Reconciliation, surface: Surface, limit: int) -> str:
    """What was billed and logged, why they differ, and the worst rows."""
    columns = max(surface.width or _PIPED, _NARROWEST)
    amounts = _summary(result)
    names = max(len(name) for name, _, _ in amounts)
    causes = [(_signed(cause.amount, result), cause) for cause in result.causes]
    sizes = max(len(amount) for amount in (*(amount for _, amount, _ in amounts), *(amount for amount, _ in causes)))
    lines: list[str] = []
    for name, amount, note in amounts:
        if name == "Unexplained" and causes:
            lines.append("Explained by")
            for explained, cause in causes:
                lines += _folded(f"{explained:>{names + sizes + 2}}  ", f"{cause.title}: {cause.detail}", columns)
                lines += _folded(" " * (names + sizes + 4), _where(cause, result), columns)
        lines += _folded(f"{name:<{names}}  {amount:>{sizes}}  ", note, columns)
    cells = _grid(result, limit)
    if surface.width is not None and _breadth(cells) > columns:
        cells = _grid(result, limit, causes=False)
    if cells.rows:
        lines += ["", drawn(cells, surface, ("logged", "billed"))]
    lines.append("")
    for line in _remarks(result, len(cells.rows)):
        lines += textwrap.wrap(line, columns, subsequent_indent="  ", break_on_hyphens=False)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _summary(result: Reconciliation) -> list[tuple[str, str, str]]:
    """Billed, logged, their difference, and what is left unexplained of it."""
    last = result.until - timedelta(days=1)
    span = f"{result.since} {result.zone}" if last == result.since else f"{result.since} to {last} {result.zone}"
    who = ", ".join(map(printable, result.providers)) or "any provider"
    unpriced = f", {result.unpriced_requests:,} of them unpriced" if result.unpriced_requests else ""
    kept = "within" if result.rests_may_stay else "above"
    unread = f"; {plural(len(result.unread), 'line')} of the bill not compared" if result.unread else ""
    both = ""
    if result.unexplained_rows != abs(result.unexplained):
        both = f"; {human(result.unexplained_rows, 'money', result.currency)} row by row"
    left = f"{_share(result.unexplained, result)}{both}, {kept} the tolerance of {result.tolerance.text}{unread}"
    places = _summary_places(result)
    billed, logged = (
        human(amount, "money", result.currency, places=places) for amount in (result.billed, result.logged)
    )
    return [
        ("Billed", billed, f"{who}, {span}"),
        (
            "Exported" if result.basis == "exports" else "Logged",
            logged,
            f"{plural(result.requests, 'request')}{unpriced}",
        ),
        ("Difference", _signed(result.difference, result), _share(result.difference, result)),
        ("Unexplained", _signed(result.unexplained, result), left),
    ]


def _share(amount: Decimal, result: Reconciliation) -> str:
    if not result.billed:
        return "nothing is billed"
    return f"{human(abs(amount) / abs(result.billed), 'percent', result.currency)} of the bill"


def _signed(amount: Decimal, result: Reconciliation) -> str:
    """A change as it stands in the column of the summary."""
    return human(amount, "money", result.currency, signed=True, places=_summary_places(result))


def _summary_places(result: Reconciliation) -> int:
    """The decimals of the summary's amounts and of the causes between them."""
    causes = (cause.amount for cause in result.causes)
    return money_places([result.billed, result.logged, result.difference, result.unexplained, *causes])


def _where(cause: NamedCause, result: Reconciliation) -> str:
    """Days, models and how much is concerned."""
    days = str(cause.first) if cause.first == cause.last else f"{cause.first} to {cause.last}"
    models = [label(model) for model in cause.models[:_SHOWN_MODELS]]
    if len(cause.models) > _SHOWN_MODELS:
        models.append(f"{plural(len(cause.models) - _SHOWN_MODELS, 'other model')}")
    parts = [days, *([", ".join(models)] if models else []), plural(cause.rows, "row")]
    if cause.moved != abs(cause.amount):
        parts.append(f"{human(cause.moved, 'money', result.currency)} row by row")
    return "; ".join(parts)


def _breadth(cells: Grid) -> int:
    """Columns it takes to draw the cells unfolded."""
    widths = [max(map(width, texts)) for texts in zip(cells.headings, *cells.rows, strict=True)]
    return sum(widths) + 2 * (len(widths) - 1)


def _grid(result: Reconciliation, limit: int, *, causes: bool = True) -> Grid:
    """The rows that differ most, with what explains them on demand."""
    rows = [row for row in result.rows if row.difference or row.causes][:limit]
    columns = [
        Column(name=name, title=title, kind=kind, role=role)
        for name, title, kind, role in _COLUMNS
        if (name != "unexplained" or any(row.unexplained for row in rows)) and (name != "causes" or causes)
    ]
    places = {
        column.name: money_places(getattr(row, column.name) for row in rows)
        for column in columns
        if column.kind == "money"
    }
    return Grid(
        columns=tuple(columns),
        headings=tuple(column.title for column in columns),
        rows=tuple(tuple(_cell(row, column.name, result.currency, places) for column in columns) for row in rows),
        totals=None,
    )


def _cell(row: ComparedRow, name: str, currency: str, places: Mapping[str, int]) -> str:
    key, last = row.key, row.key.until - timedelta(days=1)
    match name:
        case "since":
            return str(key.since) if last == key.since else f"{key.since} to {last}"
        case "model" | "token_class":
            value = getattr(key, name)
            return _EVERYTHING if value is None else label(value)
        case "causes":
            return ", ".join(name for name, _ in row.causes) or "-"
        case _:
            signed = name not in {"billed", "logged"}
            return human(getattr(row, name), "money", currency, signed=signed, places=places[name])


def _remarks(result: Reconciliation, shown: int) -> list[str]:
    """What the numbers leave out."""
    lines = []
    different = sum(bool(row.difference or row.causes) for row in result.rows)
    agreeing = len(result.rows) - different
    if not different:
        what = "What of the bill could be compared agrees with the log" if result.unread else "Bill and log agree"
        lines.append(f"{what} in every one of {plural(agreeing, 'row')}.")
    else:
        agree = f"; {plural(agreeing, 'row agrees', 'rows agree')}" if agreeing else ""
        lines.append(f"{shown:,} of {plural(different, 'row')} that differ shown{agree}.")
    if result.outside is not None:
        out = result.outside
        lines.append(
            f"{human(out.billed, 'money', result.currency)} in {plural(out.lines, 'line')} of the bill, {out.first} to {out.last}, "
            "is outside the days compared."
        )
    if result.unread:
        lines.append(
            f"{plural(len(result.unread), 'line')} of the bill could not be compared and {_is(result.unread)} in no sum."
        )
    unpriced = [one for one in result.unused if one.kind == "unpriced"]
    if unpriced:
        verb = "has" if len(unpriced) == 1 else "have"
        lines.append(f"{plural(len(unpriced), 'line')} of the exports {verb} no price and {_is(unpriced)} in no sum.")
    repeated = [one for one in result.unused if one.kind == "repeated"]
    if repeated:
        lines.append(
            f"{plural(len(repeated), 'line')} of the bill, {_sums(repeated, result)}, {_is(repeated)} in another of its files, too, "
            "and counted once."
        )
    foreign = [one for one in result.unused if one.kind == "foreign"]
    if foreign:
        lines.append(
            f"{plural(len(foreign), 'line')} of the bill, {_sums(foreign, result)}, charge for other things and are left out."
        )
    return lines


def _sums(lines: Sequence[Unused], result: Reconciliation) -> str:
    """What lines come to, in each currency."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for one in lines:
        sums[one.currency or result.currency] += one.amount or Decimal(0)
    return " and ".join(human(sums[name], "money", printable(name)) for name in sorted(sums))


def _is(lines: Sequence[Unused]) -> str:
    return "is" if len(lines) == 1 else "are"


def unused_lines(result: Reconciliation, shown: int = 5) -> Iterator[str]:
    """The lines of the bill that should have been compared and could not be, the first of them one by one."""
    lost = [one for one in result.unused if one.kind not in {"foreign", "repeated"}]
    for one in lost[:shown]:
        yield f"{one.place}: {one.reason}"
    if len(lost) > shown:
        yield f"and {plural(len(lost) - shown, 'line')} more; --format json lists them all"


def _folded(start: str, text: str, columns: int) -> Sequence[str]:
    """Text behind a fixed start, its later lines below its first."""
    room = max(columns - len(start), 20)
    lines = textwrap.wrap(text, room, break_on_hyphens=False) or [""]
    return [start + lines[0], *(" " * len(start) + line for line in lines[1:])]
