"""How much of each budget of llmcost.yaml is used."""

from decimal import Decimal

from llmcost.budgets.checking import check
from llmcost.budgets.reading import read_budgets
from llmcost.budgets.status import Standing
from llmcost.compose.dashboards._asking import Asking
from llmcost.reports.dashboard import Panel
from llmcost.reports.record import Cell, Column, Row

_MOST = 8
_REASONS = 3
_COLUMNS = (
    Column(name="budget", title="Budget", kind="text", role="key"),
    Column(name="utilisation", title="Used", kind="percent", role="metric"),
    Column(name="spent", title="Spent", kind="money", role="metric"),
    Column(name="amount", title="Amount", kind="money", role="metric"),
    Column(name="forecast", title="By its end", kind="money", role="metric"),
    Column(name="unit", title="Unit", kind="text", role="metric"),
    Column(name="status", title="Status", kind="text", role="metric"),
)
_EMPTY = "no budgets yet; `llmcost init` writes a llmcost.yaml with examples, and `llmcost budget check` judges them"


def panel(asking: Asking) -> Panel:
    """The budgets that are used most, as `llmcost budget check` judges them."""
    settings, now = asking.wanted.settings, asking.wanted.now
    budgets = read_budgets(settings)
    standings = check(asking.connection, settings, budgets, now, gates=False).standings if budgets else ()
    used = sorted((one for one in standings if one.spent is not None), key=lambda one: -(one.utilisation or Decimal(0)))
    return Panel(
        id="budgets",
        title="Budgets",
        kind="gauge",
        about=f"Used by {now.date()}, in the period of each; every budget counts the requests it names.",
        columns=_COLUMNS,
        rows=tuple(Row(cells=_cells(one)) for one in used[:_MOST]),
        row_count=len(standings),
        command=asking.budgets,
        measure="utilisation",
        whole=1,
        notes=tuple(f"{_name(one)} is not evaluated: {one.reason}." for one in standings if one.missing)[:_REASONS],
        empty="" if used else _EMPTY if not budgets else "no budget is in force",
    )


def _cells(one: Standing) -> tuple[Cell, ...]:
    budget = one.budget
    used = None if one.utilisation is None else float(one.utilisation)
    unit = budget.currency or budget.measure
    return _name(one), used, one.spent, budget.amount, one.forecast, unit, one.status


def _name(one: Standing) -> str:
    return " ".join([one.budget.name, *("(unattributed)" if value is None else value for value in one.values)])
