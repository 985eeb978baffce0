"""Named reports of several tables, in every format."""

import csv as standard
import io
from typing import Any

from llmcost.domain.printable import printable
from llmcost.render.cells import sheet_grid
from llmcost.render.csv import safe
from llmcost.render.drawing import drawn, wrapped
from llmcost.render.facts import fact_lines, fact_values
from llmcost.render.footer import footer
from llmcost.render.json import coverage_of, dumped, span_of
from llmcost.render.markdown import escape, grid_table
from llmcost.render.numbers import machine
from llmcost.render.surface import Surface
from llmcost.render.table import below
from llmcost.reports.record import Cell, Column, Sheet, Study


def table(study: Study, surface: Surface) -> str:
    """The facts, the tables and what they are made of."""
    parts = [printable(study.title)]
    if study.facts:
        lines = fact_lines(study.facts, study.base.currency)
        if surface.width is not None:
            lines = [part for line in lines for part in wrapped(line, surface.width, "  ")]
        parts[0] = "\n".join([parts[0], *lines])
    parts += [f"{printable(sheet.title)}\n{_drawn(sheet, study, surface)}" for sheet in study.sheets]
    return "\n".join(["\n\n".join(parts), *below(study.base, surface)]) + "\n"


def markdown(study: Study) -> str:
    """The same as Markdown."""
    parts = [f"### {escape(printable(study.title))}"]
    if study.facts:
        parts.append(
            "\n".join(f"- {escape(' '.join(line.split()))}" for line in fact_lines(study.facts, study.base.currency))
        )
    for sheet in study.sheets:
        grid = grid_table(sheet_grid(sheet, study.base.currency)) if sheet.rows else escape(printable(sheet.empty))
        parts += [f"#### {escape(printable(sheet.title))}", grid]
    parts.append("\n".join(f"- {escape(line)}" for line in footer(study.base)))
    return "\n\n".join(parts) + "\n"


def csv(study: Study) -> str:
    """The first table, as numbers."""
    sheet = study.sheets[0]
    target = io.StringIO(newline="")
    writer = standard.writer(target)
    writer.writerow(safe(column.name) for column in sheet.columns)
    for row in sheet.rows:
        writer.writerow(_csv_cell(cell, column) for cell, column in zip(row, sheet.columns, strict=True))
    return target.getvalue()


def json(study: Study) -> str:
    """The stable shape `llmcost/named-report/1`."""
    base = study.base
    shape: dict[str, Any] = {
        "schema": "llmcost/named-report/1",
        "name": study.name,
        "basis": base.basis,
        "period": span_of(base, base.period.since, base.period.until),
        "currency": base.currency,
        "facts": fact_values(study.facts),
        "tables": [
            {
                "name": sheet.name,
                "rows": [_record(sheet, row) for row in sheet.rows],
                **({"totals": _record(sheet, sheet.totals)} if sheet.totals is not None else {}),
            }
            for sheet in study.sheets
        ],
        "notes": list(study.notes),
        "coverage": coverage_of(base),
    }
    return f"{dumped(shape)}\n"


def _drawn(sheet: Sheet, study: Study, surface: Surface) -> str:
    if not sheet.rows:
        return f"({printable(sheet.empty)})"
    names = sheet.shown or tuple(column.name for column in sheet.columns)
    keys = {column.name for column in sheet.columns if column.role == "key"}
    return drawn(sheet_grid(sheet, study.base.currency), surface, [name for name in names if name not in keys][1:])


def _record(sheet: Sheet, row: tuple[Cell, ...]) -> dict[str, str | int | float | None]:
    return {column.name: machine(cell, column.kind) for column, cell in zip(sheet.columns, row, strict=True)}


def _csv_cell(cell: Cell, column: Column) -> str:
    value = machine(cell, column.kind)
    if isinstance(cell, str):
        return safe(cell)
    if value is None:
        return ""
    return f"{value:.6f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
