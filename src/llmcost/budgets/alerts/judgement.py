"""What became of alert rules: which fire, for whom, and which could not be judged."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from llmcost.budgets.alerts.rule import AlertRule
from llmcost.budgets.alerts.windows import Span
from llmcost.budgets.budget import Budget
from llmcost.domain.errors import ExitCode
from llmcost.ledger.composition import Basis


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A rule that fires, for one value of its dimensions."""

    rule: AlertRule
    values: tuple[str | None, ...]
    value: Decimal
    level: int
    """1, and one more for each step of escalation that is reached."""
    span: Span
    requests: int | None
    """In the window; None for budgets."""
    measured: Decimal | None = None
    """Of a share: what was measured."""
    against: Decimal | None = None
    """Of a share: the limit, or the window before."""
    budget: Budget | None = None
    """The one that is used up to that share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What became of one rule."""

    rule: AlertRule
    firing: tuple[Alert, ...] = ()
    """The worst first."""
    judged: int = 0
    """How many values of its dimensions were judged; 1 for a rule without."""
    new: int = 0
    """How many could not be, having nothing in the window before to compare with; such never fire."""
    reason: str | None = None
    """Why it was not judged, or not for all."""
    missing: bool = False
    """Whether that is for want of data: never a pass."""

    @property
    def status(self) -> str:
        """firing, ok or not_evaluated."""
        return "firing" if self.firing else "ok" if self.judged or self.reason is None else "not_evaluated"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertCheck:
    """What was found."""

    now: datetime
    currency: str
    basis: Basis
    rules: tuple[Judged, ...]
    """In the order of the file."""

    @property
    def firing(self) -> tuple[Alert, ...]:
        """Every alert."""
        return tuple(alert for one in self.rules for alert in one.firing)

    @property
    def exit_code(self) -> ExitCode:
        """1 when a rule fires, else 3 where data is missing."""
        if self.firing:
            return ExitCode.FINDING
        return ExitCode.DATA if any(one.missing for one in self.rules) else ExitCode.OK
