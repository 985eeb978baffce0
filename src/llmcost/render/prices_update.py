"""A comparison of prices with public catalogues as a table or as JSON."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Literal, get_args

from llmcost.domain.printable import printable
from llmcost.domain.text import plural
from llmcost.pricing.update.compare import Comparison, Line
from llmcost.pricing.update.refresh import Refreshed
from llmcost.render.cells import Grid
from llmcost.render.drawing import drawn, wrapped
from llmcost.render.json import dumped
from llmcost.render.numbers import UNKNOWN, plain
from llmcost.render.surface import Surface
from llmcost.reports.record import Column

Format = Literal["table", "json"]
FORMATS: tuple[Format, ...] = get_args(Format)

_STATES = {"stale": "stale", "disputed": "disputed", "missing": "not listed"}


def update(
    comparison: Comparison,
    catalogues: Sequence[str],
    format_name: Format,
    surface: Surface,
    *,
    every: bool,
    done: Refreshed | None,
) -> str:
    """Differences, in one of FORMATS; those in what our list lacks only if `every` is asked for."""
    lines = comparison.lines if every else comparison.findings
    if format_name == "json":
        return f"{dumped(_document(comparison, lines, catalogues, done))}\n"
    notes = _notes(comparison, lines, done)
    if surface.width is not None:
        notes = [part for note in notes for part in wrapped(note, surface.width)]
    shown = [drawn(_grid(lines, catalogues), surface, ("agree",)), ""] if lines else []
    return "\n".join([*shown, *notes]) + "\n"


def _grid(lines: Sequence[Line], catalogues: Sequence[str]) -> Grid:
    columns = (
        Column(name="model", title="Model", kind="text", role="key"),
        Column(name="price", title="Price", kind="text", role="key"),
        Column(name="ours", title="Ours", kind="money", role="metric"),
        *(Column(name=name, title=name, kind="money", role="metric") for name in catalogues),
        Column(name="agree", title="Agree", kind="text", role="metric"),
        Column(name="state", title="State", kind="text", role="key"),
    )
    return Grid(
        columns=columns,
        headings=tuple(column.title for column in columns),
        rows=tuple(
            (
                printable(line.model),
                printable(str(line.item)),
                _number(line.ours),
                *(_number(line.theirs.get(name)) for name in catalogues),
                f"{line.agreeing}/{len(line.theirs)}",
                _STATES[line.state],
            )
            for line in lines
        ),
        totals=None,
    )


def _notes(comparison: Comparison, lines: Sequence[Line], done: Refreshed | None) -> list[str]:
    stale = sum(line.state == "stale" for line in comparison.lines)
    disputed = sum(line.state == "disputed" for line in comparison.lines)
    unlisted = len(comparison.lines) - stale - disputed
    compared = f"{plural(comparison.compared, 'model')} compared, {comparison.unknown:,} in no catalogue"
    notes = [f"{compared}: {plural(stale, 'stale price')}, {disputed:,} disputed."]
    if unlisted and len(lines) < len(comparison.lines):
        lacking = len({line.model for line in comparison.lines if line.state == "missing"})
        notes.append(
            f"{plural(unlisted, 'price')} of {plural(lacking, 'model')} that our list lacks: --all shows them."
        )
    if done is not None and done.written is not None:
        notes.append(
            f"{plural(len(done.changed), 'model')} changed and {len(done.added):,} added in {printable(str(done.written))}."
        )
    elif done is not None:
        notes.append("Nothing to write: no two catalogues agree on another price than ours.")
    return notes


def _number(value: Decimal | None) -> str:
    return UNKNOWN if value is None else plain(value)


def _document(
    comparison: Comparison, lines: Sequence[Line], catalogues: Sequence[str], done: Refreshed | None
) -> dict[str, Any]:
    return {
        "schema": "llmcost/prices-update/1",
        "catalogues": list(catalogues),
        "compared": comparison.compared,
        "unknown": comparison.unknown,
        "differences": [
            {
                "model": line.model,
                "unit": line.item.unit,
                "conditions": dict(line.item.when),
                "prompt_from": line.item.start,
                "ours": None if line.ours is None else plain(line.ours),
                "theirs": {name: plain(value) for name, value in sorted(line.theirs.items())},
                "proposed": None if line.proposed is None else plain(line.proposed),
                "state": line.state,
            }
            for line in lines
        ],
        "written": None if done is None or done.written is None else str(done.written),
        "changed": [] if done is None else list(done.changed),
        "added": [] if done is None else list(done.added),
    }
