"""Budgets for people: a table, then what broke and who caused it, then the state of the data."""

from collections.abc import Sequence

from llmcost.budgets.checking import BudgetCheck
from llmcost.budgets.status import Standing
from llmcost.domain.printable import printable
from llmcost.domain.text import plural
from llmcost.render.budget_words import amount, cause_lines, headline, percent, span, title
from llmcost.render.cells import Grid
from llmcost.render.drawing import drawn, wrapped
from llmcost.render.numbers import money_places
from llmcost.render.surface import Surface
from llmcost.reports.record import Column

_VALUES = 5
"""Values of one budget for each that are shown, the ok ones only as far as the others leave room."""
_NOT_OK = 20
"""Of them, those that are not ok."""
_STATUS = {"ok": "ok", "warning": "warning", "breached": "BREACHED", "not_evaluated": "not evaluated"}
_COLUMNS = (
    Column(name="budget", title="Budget", kind="text", role="key"),
    Column(name="period", title="Period", kind="text", role="key"),
    Column(name="amount", title="Amount", kind="money", role="metric"),
    Column(name="spent", title="Spent", kind="money", role="metric"),
    Column(name="used", title="Used", kind="percent", role="metric"),
    Column(name="forecast", title="Forecast", kind="money", role="metric"),
    Column(name="status", title="Status", kind="text", role="key"),
)


def table(check: BudgetCheck, surface: Surface) -> str:
    """The whole check on one screen."""
    parts = []
    shown, hidden = visible(check.standings)
    if shown:
        parts.append(drawn(standings_grid(shown), surface, ("period", "forecast")))
    if hidden is not None:
        parts.append("\n".join(_wrapped(hidden, surface, "")))
    for one in check.breached:
        lines = [headline(one), *([] if one.cause is None else cause_lines(one, one.cause))]
        parts.append("\n".join(_block(lines, surface)))
    # What holds for every budget, such as that the data is stale, is said once, by the gate.
    common = {one.message for one in check.gates}
    told = [
        headline(one)
        for one in shown
        if one.status != "breached" and one.reason is not None and one.reason not in common
    ]
    told += [
        f"gate {one.name} {_STATUS.get(one.outcome, one.outcome)}: {printable(one.message)}"
        for one in check.gates
        if one.outcome != "ok"
    ]
    if told:
        parts.append("\n".join(line for text in told for line in _wrapped(text, surface, "")))
    parts.append("\n".join(_wrapped(summary(check), surface, "")))
    return "\n\n".join(parts) + "\n"


def visible(standings: Sequence[Standing]) -> tuple[list[Standing], str | None]:
    """The standings worth a row, whatever is not ok before the first few that are, and a sentence on the others."""
    places: dict[str, list[int]] = {}
    for place, one in enumerate(standings):
        places.setdefault(one.budget.name, []).append(place)
    kept: set[int] = set()
    for of_one in places.values():
        bad = [place for place in of_one if standings[place].status != "ok"][:_NOT_OK]
        good = [place for place in of_one if standings[place].status == "ok"][: max(_VALUES - len(bad), 0)]
        kept.update([*bad, *good] if standings[of_one[0]].budget.per else of_one)
    hidden = [one for place, one in enumerate(standings) if place not in kept]
    told = None
    if hidden:
        verb = "is" if len(hidden) == 1 else "are"
        told = f"{plural(len(hidden), 'more value')} of budgets for each {verb} not shown: {_counts(hidden)}."
    return [one for place, one in enumerate(standings) if place in kept], told


def standings_grid(standings: Sequence[Standing]) -> Grid:
    """A row for each."""
    money = [one for one in standings if one.budget.currency is not None]
    places = (
        money_places(one.budget.amount for one in money),
        money_places(one.spent for one in money if one.spent is not None),
        money_places(one.forecast for one in money if one.forecast is not None),
    )
    return Grid(
        columns=_COLUMNS,
        headings=tuple(column.title for column in _COLUMNS),
        rows=tuple(_row(one, *places) for one in standings),
        totals=None,
    )


def summary(check: BudgetCheck) -> str:
    """How many are ok and how many are not, and until when."""
    words = _counts(check.standings)
    text = f"{plural(len(check.standings), 'budget')}: {words}." if words else "No budgets."
    text += f" As of {check.now:%Y-%m-%d %H:%M} {check.now.tzinfo}"
    if check.first is None or check.last is None:
        return f"{text}; no requests."
    return f"{text}; requests from {check.first:%Y-%m-%d %H:%M} to {check.last:%Y-%m-%d %H:%M} UTC."


def _counts(standings: Sequence[Standing]) -> str:
    counts = {name: sum(one.status == name for one in standings) for name in _STATUS}
    return ", ".join(f"{count:,} {_STATUS[name].lower()}" for name, count in counts.items() if count)


def _row(one: Standing, of_amount: int, of_spent: int, of_forecast: int) -> tuple[str, ...]:
    budget = one.budget
    return (
        title(one),
        span(one.window),
        amount(budget.amount, budget, places=of_amount),
        "-" if one.spent is None else amount(one.spent, budget, places=of_spent),
        percent(one.utilisation),
        "-" if one.forecast is None else amount(one.forecast, budget, places=of_forecast),
        _STATUS[one.status],
    )


def _block(lines: Sequence[str], surface: Surface) -> list[str]:
    first, *rest = lines
    found = _wrapped(first, surface, "  ")
    for line in rest:
        found += [f"  {part}" for part in _wrapped(line, surface, "  ", 2)]
    return found


def _wrapped(text: str, surface: Surface, indent: str, margin: int = 0) -> list[str]:
    return [text] if surface.width is None else wrapped(text, max(surface.width - margin, 20), indent)
