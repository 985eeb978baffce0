"""How the cost of each row of a report went over its period."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.ledger import queries
from llmcost.ledger.keys import resolve
from llmcost.ledger.metrics import metric
from llmcost.reports.groups import keys_of
from llmcost.reports.overview import grain_of
from llmcost.reports.question import Question, selection
from llmcost.reports.record import Report

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection
    from llmcost.ledger.groups import Identity


def with_trends(connection: "Connection", question: Question, report: Report) -> Report:
    """The report with the cost of every row by day, week or month; as it is where time is one of its keys already."""
    keys = [resolve(connection, name) for name in report.by]
    if not keys or any(key.grain for key in keys) or report.coverage.first is None:
        return report
    chosen = selection(connection, replace(question, basis=report.basis))
    time = resolve(connection, grain_of(report.coverage.first, report.coverage.last))
    top = None if question.top is None else queries.rank(connection, chosen, keys, question.top)
    groups, _ = queries.grouped(connection, chosen, [*keys, time], [metric("cost")], top=top)
    spans = _spans(report, time.name)
    costs: dict[Identity, dict[str, Decimal]] = {}
    for group in groups:
        cost = group.values["cost"]
        costs.setdefault((group.keys[:-1], group.other), {})[group.keys[-1] or ""] = Decimal(cost or 0)
    rows = []
    for row in report.rows:
        own = costs.get((keys_of(report, row), row.other), {})
        rows.append(replace(row, trend=tuple(own.get(span, Decimal(0)) for span in spans)))
    return replace(report, rows=tuple(rows))


def _spans(report: Report, grain: str) -> list[str]:
    """Every day, week or month from the first request to the last, those without any included."""
    first, last = report.coverage.first, report.coverage.last
    if first is None or last is None:
        return []
    start, end = (moment.astimezone(report.zone).date() for moment in (first, last))
    days = [start + timedelta(days=place) for place in range((end - start).days + 1)]
    return list(dict.fromkeys(_text(day, grain) for day in days))


def _text(day: date, grain: str) -> str:
    if grain == "day":
        return day.isoformat()
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}" if grain == "week" else f"{day:%Y-%m}"
