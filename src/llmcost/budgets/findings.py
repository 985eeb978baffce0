"""Budgets and conditions as findings, for every format that shows findings."""

from collections.abc import Callable

from llmcost.budgets.checking import BudgetCheck
from llmcost.budgets.gate import Measured
from llmcost.budgets.status import Standing
from llmcost.domain.finding import Finding, Findings, Rule, fingerprint_of

RULES = (
    Rule(
        code="BG101",
        name="budget-breached",
        severity="error",
        confidence="proved",
        title="A budget is spent",
        text="What was spent in the budget's period has reached its amount. Exactly the amount is reached.",
    ),
    Rule(
        code="BG102",
        name="budget-warning",
        severity="warning",
        confidence="proved",
        title="A budget is close to being spent, or on the way to it",
        text="A threshold of `warn_at` is reached, or the run rate reaches one of `forecast_at`.",
    ),
    Rule(
        code="BG103",
        name="budget-not-evaluated",
        severity="warning",
        confidence="needs-data",
        title="A budget could not be judged",
        text="Data is missing: it is stale, requests have no known price, or a dimension is not in the ledger.",
    ),
    Rule(
        code="BG201",
        name="gate-failed",
        severity="error",
        confidence="proved",
        title="A condition of the gate is not met",
        text="A share of the data is above what `gate:` in llmcost.yaml allows.",
    ),
    Rule(
        code="BG202",
        name="gate-not-evaluated",
        severity="warning",
        confidence="needs-data",
        title="The data is stale or missing",
        text="There is nothing recent to judge by, which is never a pass.",
    ),
)
_RULES = {rule.code: rule for rule in RULES}


def findings_of(
    check: BudgetCheck, headline: Callable[[Standing], str], details: Callable[[Standing], str | None]
) -> Findings:
    """What is not ok, the worst first. `headline` puts a standing into words, `details` its cause."""
    found = [_of_standing(one, headline(one), details(one)) for one in _by_badness(check)]
    found += [_of_gate(one) for one in check.gates if one.outcome != "ok"]
    files = dict.fromkeys(
        [*(one.budget.place.file for one in check.standings), *(one.place.file for one in check.gates)]
    )
    return Findings(findings=tuple(found), rules=RULES, checked=tuple(files))


def _by_badness(check: BudgetCheck) -> list[Standing]:
    order = ("breached", "not_evaluated", "warning")
    bad = [one for one in check.standings if one.status in {"warning", "breached"} or one.missing]
    return sorted(bad, key=lambda one: (order.index(one.status), -(one.utilisation or 0)))


def _of_standing(one: Standing, message: str, cause: str | None) -> Finding:
    code = {"breached": "BG101", "warning": "BG102"}.get(one.status, "BG103")
    fingerprint = fingerprint_of(code, one.budget.name, *(value or "" for value in one.values))
    place, name = one.budget.place, one.budget.name
    return _RULES[code].finding(place, message, help_=cause, rule_id=name, fingerprint=fingerprint)


def _of_gate(one: Measured) -> Finding:
    code = "BG201" if one.outcome == "failed" else "BG202"
    fingerprint = fingerprint_of(code, one.name, str(one.place.line))
    return _RULES[code].finding(one.place, one.message, rule_id=f"gate.{one.name}", fingerprint=fingerprint)
