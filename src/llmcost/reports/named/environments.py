"""What every environment cost, and how much of the cost is not production.

`production:` in llmcost.yaml names the environments that count as production. What no environment is known for is neither.
"""

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.domain.errors import UsageError
from llmcost.reports.cost_by import cost_by
from llmcost.reports.definition import Definition, Surroundings
from llmcost.reports.groups import amounts, total_of, whole
from llmcost.reports.question import Question
from llmcost.reports.record import Fact, Report

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection


def _run(connection: "Connection", question: Question, surroundings: Surroundings) -> Report:
    if question.by[:1] != ("environment",):
        raise UsageError("report environments is by environment first", hint="write --by environment,feature")
    # Whatever of them is shown, the facts are of all environments.
    found = cost_by(connection, whole(question))
    production = {name.lower() for name in surroundings.production}
    inside = outside = unknown = Decimal(0)
    for keys, cost in amounts(found, "cost"):
        if keys[0] is None:
            unknown += cost or 0
        elif keys[0].lower() in production:
            inside += cost or 0
        else:
            outside += cost or 0
    cost = total_of(found, "cost")
    facts = (
        Fact(name="production_cost", title="Production", kind="money", value=inside),
        Fact(name="non_production_cost", title="Not production", kind="money", value=outside),
        Fact(
            name="non_production_share",
            title="Not production, of the total",
            kind="percent",
            value=float(outside / cost) if cost else None,
        ),
        Fact(name="unknown_cost", title="No environment known", kind="money", value=unknown),
    )
    shown = cost_by(connection, question) if question.compare or question.top is not None else found
    return replace(shown, facts=facts, rows=shown.rows[: question.limit])


report = Definition(
    title="Cost by environment",
    by=("environment",),
    metrics=("cost", "share", "requests", "total_tokens", "cost_per_request"),
    run=_run,
)
