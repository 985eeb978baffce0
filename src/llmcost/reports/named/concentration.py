"""How much of the cost few customers make: the share of the top x %, the Lorenz curve and the Gini coefficient.

A share of the customers is rounded up to whole ones. Cost without a customer is left out and told beside. Another breakdown
is `--by team` or `--by user_id`.
"""

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from llmcost.reports.cost_by import cost_by
from llmcost.reports.definition import Definition, Surroundings
from llmcost.reports.groups import amounts, label_of, number_column, whole
from llmcost.reports.question import Question
from llmcost.reports.record import Fact, Sheet, Study
from llmcost.stats.concentration import Spread

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection

_TOP = (1, 5, 10, 20, 50, 100)
_BOTTOM = range(10, 101, 10)


def _run(connection: "Connection", question: Question, _: Surroundings) -> Study:
    base = cost_by(connection, whole(question))
    held = {keys: cost for keys, cost in amounts(base, "cost") if None not in keys and cost is not None and cost >= 0}
    costs = list(held.values())
    spread = Spread(costs)
    everything = sum(costs, start=Decimal(0))
    who = " and ".join(column.title.lower() for column in base.columns[: len(base.by)])
    rows = []
    for percent in _TOP if costs else ():
        count, cost = spread.largest(Fraction(percent, 100))
        share = float(cost / Fraction(everything)) if everything else None
        rows.append((percent / 100, count, Decimal(round(cost * 10**12)).scaleb(-12), share))
    name, most = max(held.items(), key=lambda one: one[1], default=(None, Decimal(0)))
    facts = (
        Fact(name="groups", title=f"Groups by {who}", kind="count", value=len(costs)),
        Fact(name="gini", title="Gini coefficient", kind="ratio", value=spread.gini()),
        Fact(
            name="half_held_by",
            title="Fewest that make half of the cost",
            kind="count",
            value=spread.fewest_for(Fraction(1, 2)) if everything else None,
        ),
        Fact(
            name="largest_share",
            title="Share of the largest" if name is None else f"Share of {label_of(name)}, the largest",
            kind="percent",
            value=float(most / everything) if everything else None,
        ),
    )
    return Study(
        name="",
        title="",
        sheets=(
            Sheet(
                name="top",
                title=f"The top by {who}",
                columns=(
                    number_column("top_share", "Top", "percent"),
                    number_column("groups", "Groups", "count"),
                    number_column("cost", "Cost", "money"),
                    number_column("cost_share", "Share of cost", "percent"),
                ),
                rows=tuple(rows),
                empty=f"no cost is known by {who}",
            ),
            Sheet(
                name="lorenz",
                title="Lorenz curve",
                columns=(
                    number_column("bottom_share", "Bottom", "percent"),
                    number_column("cost_share", "Share of cost", "percent"),
                ),
                rows=tuple((percent / 100, spread.lorenz(Fraction(percent, 100))) for percent in _BOTTOM if everything),
                empty=f"no cost is known by {who}",
            ),
        ),
        base=base,
        facts=facts,
        notes=base.notes,
    )


report = Definition(title="Concentration of cost", by=("customer_id",), run=_run, fixed=True)
