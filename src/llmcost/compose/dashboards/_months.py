"""The latest month against the three before it, day by day and as far as it has come."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from llmcost.compose.dashboards._asking import Asking
from llmcost.domain.period import Period, add_months, start_of
from llmcost.ledger.groups import Group
from llmcost.reports.dashboard import Panel
from llmcost.reports.record import Column, Row

BEFORE = 3
"""Months the latest one is held against."""
_METRICS = ("cost", "requests", "distinct_customers", "cost_per_customer", "distinct_users", "cost_per_user")


def panels(asking: Asking, last: date) -> tuple[Panel, Panel]:
    """Spend added up over the days of each month up to `last`, and the months as a table."""
    month = last.replace(day=1)
    earliest = add_months(month, -BEFORE)
    period = Period(since=start_of(earliest, asking.zone), until=asking.total.period.until)
    days = asking.grouped("day", ["cost"], period=period)
    before = len({str(group.keys[0])[:7] for group in days.groups} - {f"{month:%Y-%m}"})
    held = ["by day", "against the month before", "against the two months before", "against the three months before"]
    pace = replace(
        days.panel("pace", f"{month:%B} {held[before]}", "trend", ["cost"]),
        about=f"Spend added up from the first of each month; the latest day with requests is {last}.",
        cumulative=True,
    )
    months = asking.grouped("month", _METRICS, period=period)
    return pace, _so_far(months.panel("months", "Month by month", "table", _METRICS), days.groups, last)


def _so_far(panel: Panel, days: tuple[Group, ...], last: date) -> Panel:
    """The months with what each had cost by the same day of the month, and how the latest compares with that."""
    costs: dict[str, Decimal] = {}
    for group in days:
        day, cost = str(group.keys[0]), group.values["cost"]
        if int(day[-2:]) <= last.day and cost is not None:
            costs[day[:7]] = costs.get(day[:7], Decimal(0)) + Decimal(cost)
    latest = costs.get(f"{last:%Y-%m}")
    begin = str(days[0].keys[0]) if days else ""
    notes = () if begin.endswith("-01") else (f"The requests here begin on {begin}: that month is not whole.",)
    rows = []
    for row in panel.rows:
        month = str(row.cells[0])
        so_far = costs.get(month)
        change = None
        whole = not notes or month != begin[:7]
        if month != f"{last:%Y-%m}" and whole and so_far and latest is not None:
            change = float((latest - so_far) / so_far)
        rows.append(Row(cells=(row.cells[0], so_far, change, *row.cells[1:])))
    through = Column(name="cost_to_date", title=f"Through day {last.day}", kind="money", role="metric")
    against = Column(name="latest_change_ratio", title=f"{last:%b} against it", kind="percent", role="change")
    return replace(
        panel,
        columns=(panel.columns[0], through, against, *panel.columns[1:]),
        rows=tuple(rows),
        measure="cost",
        notes=notes,
        about=f"What each month had cost by its day {last.day}, how {last:%B} compares, and what the whole month cost.",
    )
