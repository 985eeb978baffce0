"""Budget checks in every format; each lives in a module of its own and is imported when asked for."""

from importlib import import_module
from typing import TYPE_CHECKING, Literal, cast, get_args

from llmcost.budgets.checking import BudgetCheck
from llmcost.render.surface import Surface

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmcost.domain.finding import Findings

BudgetFormat = Literal["table", "json", "junit", "sarif", "github", "gitlab", "markdown"]
BUDGET_FORMATS: tuple[BudgetFormat, ...] = get_args(BudgetFormat)

_OF_FINDINGS = ("sarif", "github", "gitlab")


def render_budgets(check: BudgetCheck, format_name: BudgetFormat, surface: Surface) -> str:
    """The check in that format, ending in a line break if there is anything to say."""
    if format_name in _OF_FINDINGS:
        from llmcost.render.findings import render_findings

        return render_findings(budget_findings(check), format_name, surface)  # type: ignore[arg-type]
    module = import_module(f"llmcost.render.budget_{format_name}")
    return cast("Callable[[BudgetCheck, Surface], str]", getattr(module, format_name))(check, surface)


def budget_findings(check: BudgetCheck) -> "Findings":
    """What is not ok as findings, in words."""
    from llmcost.budgets.findings import findings_of
    from llmcost.render.budget_words import details, headline

    return findings_of(check, headline, details)
