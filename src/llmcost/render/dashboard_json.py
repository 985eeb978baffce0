"""Dashboards as JSON: the stable shape `llmcost/dashboard/1`, each panel with the question that gives its numbers."""

from typing import Any

from llmcost.render.json import cells_of, coverage_of, dumped, span_of
from llmcost.reports.dashboard import Ask, Dashboard, Panel


def json(board: Dashboard) -> str:
    """The dashboard as JSON."""
    total = board.total
    shape: dict[str, Any] = {
        "schema": "llmcost/dashboard/1",
        "dashboard": board.name,
        "title": board.title,
        "basis": total.basis,
        "period": span_of(total, total.period.since, total.period.until),
        "currency": total.currency,
        "coverage": coverage_of(total),
        "panels": [_panel(board, panel) for panel in board.panels],
    }
    if total.previous is not None:
        shape["previous"] = span_of(total, total.previous.since, total.previous.until)
    return f"{dumped(shape)}\n"


def _panel(board: Dashboard, panel: Panel) -> dict[str, Any]:
    return {
        "id": panel.id,
        "title": panel.title,
        "kind": panel.kind,
        "measure": panel.measure,
        "target": panel.target,
        "report": None if panel.ask is None else _ask(board, panel.ask),
        "command": panel.command or None,
        "rows": [
            {**cells_of(panel.columns, row.cells), **({"other": True} if row.other else {})} for row in panel.rows
        ],
        "totals": None if panel.totals is None else cells_of(panel.columns[1:], panel.totals[1:]),
        "row_count": panel.row_count,
        "empty": panel.empty or None,
    }


def _ask(board: Dashboard, ask: Ask) -> dict[str, Any]:
    period = board.total.period if ask.period is None else ask.period
    return {
        "by": list(ask.by),
        "metrics": list(ask.metrics),
        "top": ask.top,
        "limit": ask.limit,
        "compare": "previous" if ask.compare else None,
        "period": span_of(board.total, period.since, period.until),
    }
