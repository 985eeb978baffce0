"""An alert rule: which metric, of which requests, over which window, and from which value on it fires."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from llmcost.domain.finding import Place
from llmcost.ledger.filters import Condition
from llmcost.ledger.registry import Kind

Direction = Literal["above", "below"]
ANY = "*"
"""The limit of every value that has none of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRule:
    """One entry of `alerts:` in llmcost.yaml, completed from the shipped pack."""

    name: str
    """Tells it from the others, and its alerts from theirs."""
    rule: str | None
    """The rule of the pack it is made from."""
    title: str
    place: Place
    metric: str | None
    """None: the used share of the budgets whose period is `window`."""
    kind: Kind
    """Of the value that is compared."""
    per: tuple[str, ...] = ()
    """Judged for each value of these dimensions; requests without one are left out."""
    conditions: tuple[Condition, ...] = ()
    scope: str = ""
    """The conditions as they were written."""
    window: str = "day"
    """day, week, month, quarter or year so far; or the last so many minutes (30m), hours (24h) or days (7d)."""
    compare: bool = False
    """Whether the value is the change since the window before, as a share of it."""
    limited: bool = False
    """Whether the value is a share of a limit."""
    limits: Mapping[str, Decimal] = field(default_factory=dict)
    """By the value of the last dimension of `per`; `*` is any."""
    direction: Direction = "above"
    threshold: Decimal | None = None
    """Exactly at it counts as above; None: not given, so the rule cannot be judged."""
    escalate_at: tuple[Decimal, ...] = ()
    """Values from which on it fires again, the mildest first."""
    min_requests: int = 0
    """With fewer requests in the window nothing is said."""
    min_cost: Decimal = Decimal(0)
    """Nor where neither window cost as much."""
    to: tuple[str, ...] | None = None
    """Channels; None: all there are."""

    def level(self, value: Decimal) -> int:
        """0 where it does not fire, 1 where it does, one more for each further value reached."""
        steps = () if self.threshold is None else (self.threshold, *self.escalate_at)
        return sum(value >= step if self.direction == "above" else value < step for step in steps)
