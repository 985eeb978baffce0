"""A reconciliation as text for people, as JSON, as CSV and as Markdown."""

import csv
import io
import textwrap
from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from llmcost.domain.printable import printable
from llmcost.domain.text import plural
from llmcost.reconcile.registry import known_causes
from llmcost.reconcile.result import ComparedRow, NamedCause, Reconciliation
from llmcost.render.csv import safe
from llmcost.render.formats import Format
from llmcost.render.json import dumped
from llmcost.render.markdown import escape
from llmcost.render.numbers import human, plain
from llmcost.render.surface import Surface
from llmcost.render.visible import label, width

_SHOWN_ROWS = 10
_SHOWN_MODELS = 3
_NARROWEST = 40
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
            {"place": one.place, "reason": one.reason, "billed": None if one.amount is None else plain(one.amount)}
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
    headings, rows = _grid(result, limit, wide=True)
    if rows:
        rules = [":---"] * _TEXTS + ["---:"] * (len(headings) - _TEXTS - 1) + [":---"]
        parts.append(
            "\n".join(f"| {' | '.join(map(escape, line))} |" for line in (headings, *rows)).replace(
                "\n", f"\n| {' | '.join(rules)} |\n", 1
            )
        )
    parts.append("\n".join(f"- {escape(line)}" for line in _remarks(result, len(rows))))
    return "\n\n".join(part for part in parts if part) + "\n"


def as_table(result: Reconciliation, surface: Surface, limit: int) -> str:
    """What was billed and logged, why they differ, and the worst rows."""
    columns = max(surface.width or 160, _NARROWEST)
    amounts = _summary(result)
    names, sizes = max(len(name) for name, _, _ in amounts), max(len(amount) for _, amount, _ in amounts)
    lines: list[str] = []
    for name, amount, note in amounts[:3]:
        lines += _folded(f"{name:<{names}}  {amount:>{sizes}}  ", note, columns)
    if result.causes:
        lines.append("Explained by")
        indent = " " * (names + sizes + 4)
        for cause in result.causes:
            start = f"{' ' * names}  {_signed(cause.amount, result):>{sizes}}  "
            lines += _folded(start, f"{cause.title}: {cause.detail}", columns)
            lines += _folded(indent, _where(cause, result), columns)
    for name, amount, note in amounts[3:]:
        lines += _folded(f"{name:<{names}}  {amount:>{sizes}}  ", note, columns)
    drawn, shown = _drawn(result, limit, columns)
    if drawn:
        lines += ["", *drawn]
    remarks = _remarks(result, shown)
    if remarks:
        lines.append("")
    for line in remarks:
        lines += textwrap.wrap(line, columns, subsequent_indent="  ", break_on_hyphens=False)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _summary(result: Reconciliation) -> list[tuple[str, str, str]]:
    """Billed, logged, their difference, and what is left unexplained of it."""
    last = result.until - timedelta(days=1)
    span = f"{result.since} {result.zone}" if last == result.since else f"{result.since} to {last} {result.zone}"
    who = ", ".join(map(printable, result.providers)) or "any provider"
    unpriced = f", {result.unpriced_requests:,} of them unpriced" if result.unpriced_requests else ""
    kept = "within" if result.within_tolerance else "above"
    both = ""
    if result.unexplained_rows != abs(result.unexplained):
        both = f"; {human(result.unexplained_rows, 'money', result.currency)} row by row"
    left = f"{_share(result.unexplained, result)}{both}, {kept} the tolerance of {result.tolerance.text}"
    return [
        ("Billed", human(result.billed, "money", result.currency), f"{who}, {span}"),
        ("Logged", human(result.logged, "money", result.currency), f"{plural(result.requests, 'request')}{unpriced}"),
        ("Difference", _signed(result.difference, result), _share(result.difference, result)),
        ("Unexplained", _signed(result.unexplained, result), left),
    ]


def _share(amount: Decimal, result: Reconciliation) -> str:
    if not result.billed:
        return "nothing is billed"
    return f"{human(abs(amount) / abs(result.billed), 'percent', result.currency)} of the bill"


def _signed(amount: Decimal, result: Reconciliation) -> str:
    return human(amount, "money", result.currency, signed=True)


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


_TEXTS = 3
"""Columns of text before those of numbers."""


def _grid(result: Reconciliation, limit: int, *, wide: bool) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Headings and cells of the rows that differ most; `wide` adds what explains them."""
    rows = [row for row in result.rows if row.difference or row.causes][:limit]
    left = any(row.unexplained for row in rows)
    headings = ("Day", "Model", "Tokens", "Billed", "Logged", "Difference")
    cells = []
    for row in rows:
        last = row.key.until - timedelta(days=1)
        day = str(row.key.since) if last == row.key.since else f"{row.key.since} to {last}"
        amounts = [human(amount, "money", result.currency) for amount in (row.billed, row.logged)]
        cells.append(
            (
                day,
                _EVERYTHING if row.key.model is None else label(row.key.model),
                _EVERYTHING if row.key.token_class is None else row.key.token_class,
                *amounts,
                _signed(row.difference, result),
                *([_signed(row.unexplained, result)] if left else []),
                *([", ".join(name for name, _ in row.causes) or "-"] if wide else []),
            )
        )
    return (*headings, *(["Unexplained"] if left else []), *(["Causes"] if wide else [])), cells


def _drawn(result: Reconciliation, limit: int, columns: int) -> tuple[list[str], int]:
    """The worst rows as lines, and how many rows they are; long names are folded, and causes go where there is room."""
    for wide in (True, False):
        headings, rows = _grid(result, limit, wide=wide)
        if not rows:
            return [], 0
        sizes = [max(width(line[index]) for line in (headings, *rows)) for index in range(len(headings))]
        if sum(sizes) + 2 * (len(sizes) - 1) <= columns:
            break
    over = sum(sizes) + 2 * (len(sizes) - 1) - columns
    sizes[1] = max(sizes[1] - max(over, 0), 8)
    numbers = range(_TEXTS, _TEXTS + len(headings) - _TEXTS - (1 if wide else 0))
    lines = []
    for line in (headings, *rows):
        folded = textwrap.wrap(line[1], sizes[1], break_on_hyphens=True) or [""]
        for position, part in enumerate(folded):
            cells = [part if index == 1 else "" if position else text for index, text in enumerate(line)]
            lines.append(
                "  ".join(
                    " " * (size - width(text)) + text if index in numbers else text + " " * (size - width(text))
                    for index, (text, size) in enumerate(zip(cells, sizes, strict=True))
                ).rstrip()
            )
    return lines, len(rows)


def _remarks(result: Reconciliation, shown: int) -> list[str]:
    """What the numbers leave out."""
    lines = []
    different = sum(bool(row.difference or row.causes) for row in result.rows)
    agreeing = len(result.rows) - different
    if not different:
        lines.append(f"Bill and log agree in every one of {plural(agreeing, 'row')}.")
    else:
        agree = f"; {plural(agreeing, 'row agrees', 'rows agree')}" if agreeing else ""
        lines.append(f"{shown:,} of {plural(different, 'row')} that differ shown{agree}.")
    if result.outside is not None:
        out = result.outside
        lines.append(
            f"{human(out.billed, 'money', result.currency)} in {plural(out.lines, 'line')} of the bill, {out.first} to {out.last}, "
            "is outside the days compared."
        )
    foreign = [one for one in result.unused if one.foreign]
    if foreign:
        amount = sum((one.amount or Decimal(0) for one in foreign), Decimal(0))
        lines.append(
            f"{plural(len(foreign), 'line')} of the bill, {human(amount, 'money', result.currency)}, charge for other things and are left out."
        )
    return lines


def unused_lines(result: Reconciliation, shown: int = 5) -> Iterator[str]:
    """The lines of the bill that should have been compared and could not be, the first of them one by one."""
    lost = [one for one in result.unused if not one.foreign]
    for one in lost[:shown]:
        yield f"{one.place}: {one.reason}"
    if len(lost) > shown:
        yield f"and {plural(len(lost) - shown, 'line')} more; --format json lists them all"


def _folded(start: str, text: str, columns: int) -> Sequence[str]:
    """Text behind a fixed start, its later lines below its first."""
    room = max(columns - len(start), 20)
    lines = textwrap.wrap(text, room, break_on_hyphens=False) or [""]
    return [start + lines[0], *(" " * len(start) + line for line in lines[1:])]
