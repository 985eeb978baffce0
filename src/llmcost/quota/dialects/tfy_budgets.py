"""TrueFoundry budgets, first generation: `type: gateway-budget-config`.

The first rule that matches decides; every rule that matches counts. Days are UTC days, weeks start on Monday, and use counts
from the creation of a rule (https://www.truefoundry.com/docs/ai-gateway/budgetlimiting).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost.quota.config import Dialect, Read
from llmcost.quota.dialects import _truefoundry as tfy
from llmcost.quota.dialects._alerts import ALERTS, alert_problems
from llmcost.quota.shape import Flag, ListOf, Number, Record, Text

if TYPE_CHECKING:
    from llmcost.config.nodes import Node
    from llmcost.config.nodes import Text as Source
    from llmcost.quota.limit import Limit
    from llmcost.quota.problem import Problem

TYPE = "gateway-budget-config"
_UNITS = (
    "cost_per_day", "cost_per_week", "cost_per_month", "cost_per_quarter", "tokens_per_day", "tokens_per_month",
)  # fmt: skip

_RULE = Record(
    fields={
        "id": Text(),
        "when": tfy.WHEN,
        "limit_to": Number(about="US dollars, or tokens."),
        "unit": Text(one_of=_UNITS),
        "budget_applies_per": ListOf(item=Text(), about="user, model, virtualaccount or metadata.KEY; one of them."),
        "alerts": ALERTS,
        "audit_mode": Flag(about="Count and tell, but do not block."),
    },
    required=("id", "when", "limit_to", "unit"),
)
SHAPE = Record(fields={"name": Text(), "type": Text(one_of=(TYPE,)), "rules": ListOf(item=_RULE)}, required=("rules",))


def read(documents: tuple[Node, ...], source: Source) -> Read:
    """The rules as limits."""
    return tfy.read_rules(documents[0], SHAPE, _rule)


def _rule(number: int, rule: Node, rule_id: str | None) -> tuple[list[Problem], Limit]:
    problems = [
        *tfy.per_problems(rule.get("budget_applies_per"), 1, ("team",), rule_id),
        *alert_problems(rule.get("alerts"), rule_id),
    ]
    return problems, tfy.limit_of(number, rule, per="budget_applies_per", windows={}, kind="budget")


dialect = Dialect(
    title="TrueFoundry budgets V1",
    semantics="tfy-v1-budget",
    claims=tfy.claims_of(TYPE),
    read=read,
    shape=SHAPE,
    ordered=True,
    unique_ids=True,
    alerts=True,
    types=(TYPE,),
)
