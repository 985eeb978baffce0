"""Where budgets stand, for people and as JSON: used against elapsed, burn rate, days left, when it will be reached."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from llmcost.budgets.checking import BudgetCheck
from llmcost.budgets.status import Pace, Standing
from llmcost.domain.printable import printable
from llmcost.render.budget_json import instant, number
from llmcost.render.budget_table import summary, visible
from llmcost.render.budget_words import amount, percent, span, title
from llmcost.render.drawing import wrapped
from llmcost.render.json import dumped
from llmcost.render.surface import Surface

_BAR = 40
_FULL, _EMPTY = "█", "░"
_ASCII_FULL, _ASCII_EMPTY = "#", "."


def table(check: BudgetCheck, surface: Surface, *, unicode: bool = True) -> str:
    """A block for each budget."""
    shown, hidden = visible(check.standings)
    signs = (_FULL, _EMPTY) if unicode else (_ASCII_FULL, _ASCII_EMPTY)
    blocks = ["\n".join(_block(one, check.now, surface, signs)) for one in shown]
    if hidden is not None:
        blocks.append("\n".join(_fitted(hidden, surface)))
    blocks.append("\n".join(_fitted(summary(check), surface)))
    return "\n\n".join(blocks) + "\n"


def json(check: BudgetCheck) -> str:
    """The shape `llmcost/budget-status/1`."""
    rows = [_row(one) for one in check.standings]
    return dumped({"schema": "llmcost/budget-status/1", "as_of": instant(check.now), "budgets": rows}) + "\n"


def _block(one: Standing, now: datetime, surface: Surface, signs: tuple[str, str]) -> list[str]:
    budget = one.budget
    heading = f"{title(one)}, {span(one.window)}: " if one.window is not None else f"{title(one)}: "
    if one.spent is None or one.pace is None:
        return _fitted(heading + printable(one.reason or f"nothing of {amount(budget.amount, budget)} spent"), surface)
    status = "" if one.status == "ok" else f"; {one.status.replace('_', ' ')}"
    lines = _fitted(f"{heading}{amount(one.spent, budget)} of {amount(budget.amount, budget)}{status}", surface)
    size = _BAR if surface.width is None else max(min(_BAR, surface.width - 20), 10)
    for label, share in (("used", one.utilisation), ("elapsed", one.pace.elapsed)):
        if share is not None:
            filled = min(int(share * size), size)
            lines.append(f"  {label:<9}{signs[0] * filled}{signs[1] * (size - filled)} {percent(share):>5}")
    lines += [f"  {part}" for part in _fitted(_outlook(one, one.pace, now), surface, margin=2)]
    if one.reason is not None:
        lines += [f"  {part}" for part in _fitted(printable(one.reason), surface, margin=2)]
    return lines


def _outlook(one: Standing, pace: Pace, now: datetime) -> str:
    budget = one.budget
    if budget.period.kind == "rolling":
        return "a rolling period has no end to be short of"
    if pace.per_day is None or pace.forecast is None:
        return "too few days to tell a rate"
    text = f"{amount(pace.per_day, budget)} a day, {amount(pace.forecast, budget)} by the end"
    zone = budget.period.zone
    if one.crossed_at is not None:
        return f"{text}; reached on {one.crossed_at.astimezone(zone).date()}"
    if pace.days_left is not None and one.window is not None:
        remaining = Decimal((one.window.until - now) // timedelta(seconds=1)) / 86400
        if pace.days_left < remaining:
            text += f"; spent in {pace.days_left:.1f} days"
    if pace.breach is None:
        return text if one.budget.per else f"{text}; not reached in this period even if every day is a busy one"
    first, last = (None if moment is None else moment.astimezone(zone).date() for moment in pace.breach)
    if last is None:
        return f"{text}; reached from {first} on if days are busy, not at all if they are quiet"
    return f"{text}; reached between {first} and {last}" if first != last else f"{text}; reached on {first}"


def _row(one: Standing) -> dict[str, Any]:
    pace = one.pace
    first, last = (None, None) if pace is None or pace.breach is None else pace.breach
    left = None if pace is None or pace.days_left is None else round(float(pace.days_left), 6)
    return {
        "name": one.budget.name,
        "scope": {"where": one.budget.scope or None, **dict(zip(one.budget.per, one.values, strict=False))},
        "unit": (one.budget.currency or one.budget.measure).lower(),
        "amount": number(one.budget.amount, one),
        "spent": number(one.spent, one),
        "utilisation": None if one.utilisation is None else round(float(one.utilisation), 6),
        "elapsed": None if pace is None else round(float(pace.elapsed), 6),
        "per_day": None if pace is None else number(pace.per_day, one),
        "forecast": number(one.forecast, one),
        "days_left": left,
        "breach": {"earliest": instant(first), "latest": instant(last)},
        "reached_at": instant(one.crossed_at),
        "status": one.status,
        "reason": one.reason,
    }


def _fitted(text: str, surface: Surface, margin: int = 0) -> list[str]:
    return [text] if surface.width is None else wrapped(text, max(surface.width - margin, 20), "  ")
