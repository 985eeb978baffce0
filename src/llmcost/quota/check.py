"""What a check is. The folder `checks/` is the registry: one module, one `check`; the file name, dashed, is its name."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from functools import cache
from typing import TYPE_CHECKING

from llmcost.domain import rules
from llmcost.domain.rules import checks_in, rules_of
from llmcost.quota import checks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date
    from decimal import Decimal

    from llmcost.config.nodes import Text
    from llmcost.domain.finding import Confidence, Rule, Severity
    from llmcost.pricing.price_list import PriceList
    from llmcost.quota.config import Config
    from llmcost.quota.history import History
    from llmcost.quota.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a run knows beside the files."""

    day: date
    """Today, UTC; it changes wording, and which prices hold, never a severity."""
    pedantic: bool = False
    load_prices: Callable[[], PriceList | None] = lambda: None
    """The price list, loaded only when a check asks for it."""
    history: History | None = None
    """Past requests; None: checks that need them do not run."""
    ceilings: tuple[Config, ...] = ()
    """What providers allow; none: checks that need it do not run."""
    most_spent: Decimal | None = None
    """US dollars that limits may let be spent in 30 days at most, where somebody said so."""
    changed: Callable[[str], datetime | None] = lambda _: None
    """When a file last changed, UTC; None where nobody knows."""

    @property
    def now(self) -> datetime:
        """The first instant of today."""
        return datetime.combine(self.day, time(), UTC)


def _nothing(*_: object) -> tuple[()]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that can be wrong."""

    code: str
    severity: Severity
    confidence: Confidence = "proved"
    of_text: Callable[[Text, Known], Iterable[Problem]] = field(default=_nothing)
    """Looks at a file as YAML."""
    of_config: Callable[[Config, Known], Iterable[Problem]] = field(default=_nothing)
    """Looks at one config."""
    of_all: Callable[[tuple[Config, ...], Known], Iterable[tuple[Config, Problem]]] = field(default=_nothing)
    """Looks at all configs of the run together."""
    of_history: Callable[[Config, History, Known], Iterable[Problem]] = field(default=_nothing)
    """Holds one config against past requests."""
    of_all_history: Callable[[tuple[Config, ...], History, Known], Iterable[tuple[Config, Problem]]] = field(
        default=_nothing
    )
    """Holds all configs together against past requests."""
    needs_ceilings: bool = False
    """Whether it runs only where providers' limits are known."""
    pedantic: bool = False
    """Whether it runs only with --pedantic, as all of severity info do."""

    @property
    def needs_history(self) -> bool:
        """Whether it runs only where past requests are there."""
        return self.of_history is not _nothing or self.of_all_history is not _nothing

    @property
    def looks_across(self) -> bool:
        """Whether it looks at several configs together, of which a run may be given only some."""
        return self.of_all is not _nothing

    def can_run(self, known: Known) -> bool:
        """Whether what it needs is there."""
        return (known.history is not None or not self.needs_history) and (
            bool(known.ceilings) or not self.needs_ceilings
        )


@cache
def all_checks() -> dict[str, tuple[str, Check]]:
    """Name and check by code, sorted."""
    return checks_in(checks, Check)


@cache
def catalogue() -> tuple[Rule, ...]:
    """Every check as a record, sorted by code."""
    return rules_of(checks, all_checks())


def rule_named(wanted: str) -> Rule:
    """The check with this code or name; UsageError naming the nearest when there is none."""
    return rules.rule_named(catalogue(), wanted, listed_by="llmcost quota rules")
