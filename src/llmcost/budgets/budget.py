"""A budget: how much of what may be spent on which requests, in which period."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from llmcost.budgets.periods import BudgetPeriod
from llmcost.domain.finding import Place
from llmcost.ledger.filters import Condition

Measure = Literal["cost", "tokens", "requests"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """One entry of `budgets:` in llmcost.yaml."""

    name: str
    place: Place
    """Where it is written."""
    conditions: tuple[Condition, ...] = ()
    """What a request must be to count; none: every request."""
    scope: str = ""
    """The conditions as they were written."""
    per: tuple[str, ...] = ()
    """One budget for each value of these dimensions."""
    period: BudgetPeriod
    amount: Decimal
    """More than 0; reached when it is spent to the last digit."""
    measure: Measure
    currency: str | None
    """Of the amount; None for tokens and requests."""
    warn_at: tuple[Decimal, ...] = ()
    """Percentages of the amount that warn when spent, ascending."""
    forecast_at: tuple[Decimal, ...] = ()
    """Percentages of the amount that warn when the period is on the way to spend them, ascending."""
    warn_until: date | None = None
    """Before this day a breach only warns."""
    owner: str | None = None
    """Whom to ask."""
    segments: tuple[str, ...] = ()
    """By which dimensions the cause of a breach is told; none: chosen by the data."""
