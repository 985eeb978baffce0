"""TrueFoundry budgets, first generation: `type: gateway-budget-config`.

The first rule that matches decides; every rule that matches counts. Days are UTC days, weeks start on Monday, and use counts
from the creation of a rule (https://www.truefoundry.com/docs/ai-gateway/budgetlimiting).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost.quota.config import Dialect, Read
from llmcost.quota.dialects import _reading as reading
from llmcost.quota.dialects import _truefoundry as tfy
from llmcost.quota.dialects._alerts import ALERTS, alert_problems
from llmcost.quota.shape import Flag, ListOf, Number, Record, Text, mismatches

if TYPE_CHECKING:
    from llmcost.config.nodes import Node
    from llmcost.config.nodes import Text as Source

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


def claims(root: Node) -> bool:
    """Whether a document says it is one."""
    return reading.scalar(root, "type") == TYPE


def read(documents: tuple[Node, ...], source: Source) -> Read:
    """The rules as limits."""
    root = documents[0]
    limits = []
    problems = list(mismatches(root, SHAPE, "the config"))
    for number, rule in tfy.rules_of(root):
        rule_id = reading.scalar(rule, "id")
        problems += tfy.subject_problems(rule, rule_id)
        problems += tfy.per_problems(rule.get("budget_applies_per"), 1, ("team",), rule_id)
        problems += alert_problems(rule.get("alerts"), rule_id)
        limits.append(tfy.limit_of(number, rule, per="budget_applies_per", windows={}, kind="budget"))
    return Read(limits=tuple(limits), problems=tuple(problems), name=reading.scalar(root, "name"))


dialect = Dialect(
    title="TrueFoundry budgets V1",
    semantics="tfy-v1-budget",
    claims=claims,
    read=read,
    shape=SHAPE,
    ordered=True,
    unique_ids=True,
    alerts=True,
    types=(TYPE,),
)
