"""What becomes of revenue, cost and margin when customers move to other plans.

Bills are exact. Usage is taken as it was: nobody uses less because it costs more, except in the elasticity grid, whose zero
is the upper bound it is printed as.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.domain.errors import DataError
from llmcost.tiers.breakdown import Economics, Move, PlanResult, economics, moves, plan_results
from llmcost.tiers.customers import CustomerResult, customer_results
from llmcost.tiers.rating import load, rate
from llmcost.tiers.uncertainty import Interval, WithoutLargest, intervals, without_largest
from llmcost.tiers.whatif import Elasticity, Scenario, elasticities, scenarios

if TYPE_CHECKING:
    from llmcost.ledger.composition import Selection
    from llmcost.ledger.connection import Connection
    from llmcost.ledger.customers import Population
    from llmcost.tiers.rating import Offer


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """Everything a simulation tells."""

    offer: Offer
    population: Population
    now: Economics | None
    """None where today's plans are not known."""
    unknown_now: int
    """Customers whose plan of today is unknown; they are in no comparison with today."""
    new: Economics
    plans: tuple[PlanResult, ...]
    migration: tuple[Move, ...]
    """From today's plan to the proposed one, in the last month."""
    path: tuple[Move, ...]
    """From one month's proposed plan to the next month's."""
    customers: tuple[CustomerResult, ...]
    """Largest loss for us first."""
    scenarios: tuple[Scenario, ...]
    elasticities: tuple[Elasticity, ...]
    margin: Interval
    change: Interval | None
    without_largest: WithoutLargest | None

    @property
    def gain(self) -> Decimal | None:
        """What the margin changes by, over customers whose plan of today is known."""
        return None if self.change is None else self.change.value


def simulate(connection: Connection, selection: Selection, asked: Offer, *, seed: int = 0) -> Simulation:
    """Rate every customer and month; DataError when no request of the period has a customer."""
    population = load(connection, selection, asked)
    if not population.customers:
        raise DataError(
            "no request of this period has a customer",
            hint="map one under attribution: customer_id: in llmcost.yaml, or name another --period",
        )
    rate(connection, asked)
    customers = customer_results(connection, asked)
    known = [one for one in customers if one.now_revenue is not None]
    now, new, unknown = economics(connection)
    changes = [one.new_revenue - (one.now_revenue or Decimal(0)) for one in known]
    margins = [one.new_revenue - one.cost for one in customers]
    return Simulation(
        offer=asked,
        population=population,
        now=now,
        unknown_now=unknown if asked.today is not None else 0,
        new=new,
        plans=plan_results(connection, asked),
        migration=moves(connection, asked, between_months=False),
        path=moves(connection, asked, between_months=True),
        customers=customers,
        scenarios=scenarios(connection, asked),
        elasticities=elasticities(connection),
        margin=intervals(margins, seed),
        change=intervals(changes, seed) if known else None,
        without_largest=without_largest(customers),
    )
