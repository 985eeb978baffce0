"""What the replay needs to know of a set of limits: how much, which algorithm, when use is charged, who decides."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmcost.quota.replay.meters import Meter

PICO = 1_000_000_000_000
"""Money is counted in whole units of 10^-12, the last digit the ledger keeps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counting:
    """One limit, for the engine."""

    rule: int
    """Limits of one rule, its windows, decide together."""
    amount: int
    """Requests, tokens, or units of 10^-12 dollars."""
    meter: Callable[[], Meter]
    """Makes its counters, all empty."""
    key_at: int
    """Where an event has the key of its counter; None there: the limit is not about it."""
    weight_at: int
    """Where an event has what it uses."""
    charge: Literal["pre", "post", "reserve"] = "pre"
    """`pre` and `reserve` let through what still fits and charge it at once: a request counts when it arrives. `post` lets
    through while any room is left, and charges when the response has ended, so that calls under way may overshoot."""
    held: bool = False
    """Whether a request counts only while it is under way."""
    mode: Literal["enforce", "audit", "soft"] = "enforce"
    """`audit` counts and refuses nobody; `soft` refuses only where no other budget allows the request
    (https://www.truefoundry.com/docs/ai-gateway/budget-limiting-v2)."""
    budget_at: int | None = None
    """Where an event says whether the budget this is a window of has a say in it; None for what is no budget, and for audits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitSet:
    """Limits that decide together: one config. A request must get past every set."""

    limits: tuple[Counting, ...]
    decides: Literal["first", "all"] = "all"
    """The limits of the first rule that matches, or all that match."""
    counts: Literal["deciding", "all"] = "all"
    """A request let through moves the counters of the limits that decided, or of all that match."""
    first_at: int | None = None
    """Where an event has the first rule that matches it; needed where only the first decides."""


def whole_amount(amount: Decimal, unit: str, charge: str) -> int:
    """A limit's amount in whole units: rounded so that exactly the same requests fit.

    With whole weights, `used + weight <= 10.5` is the same as `<= 10`, and `used < 10.5` the same as `< 11`.
    """
    units = amount * PICO if unit == "cost" else amount
    return int(units.to_integral_value(ROUND_CEILING if charge == "post" else ROUND_FLOOR))
