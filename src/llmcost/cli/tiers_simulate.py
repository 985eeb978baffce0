"""`llmcost tiers simulate`: the ledger's customers on other plans."""

from pathlib import Path
from typing import Annotated

import typer

from llmcost.cli import diagnostics
from llmcost.cli.options import (
    AsOf,
    Config,
    Db,
    Limit,
    Output,
    PeriodOption,
    ReadWait,
    Seed,
    Since,
    TodaysPlans,
    Tz,
    Until,
    Where,
)


def add_to(group: typer.Typer) -> None:
    """Add the command to the group `tiers`."""
    group.command("simulate")(simulate)


def simulate(
    plans: Annotated[Path, typer.Argument(metavar="PLANS", help="A file of plans.", show_default=False)],
    *,
    policy: Annotated[
        str,
        typer.Option("--policy", metavar="NAME", help="assigned, smallest_covering or cheapest_for_customer."),
    ] = "cheapest_for_customer",
    current: Annotated[
        str | None,
        typer.Option("--current", metavar="PLAN", help="Today's plan: an id in the file, no longer offered then."),
    ] = None,
    today: TodaysPlans = None,
    seed: Seed = 0,
    where: Where = None,
    period: PeriodOption = None,
    since: Since = None,
    until: Until = None,
    tz: Tz = None,
    as_of: AsOf = None,
    limit: Limit = None,
    output_format: Annotated[
        str | None, typer.Option("--format", metavar="FORMAT", help="table, json, csv, markdown, html or svg.")
    ] = None,
    output: Output = None,
    wait: ReadWait = 5,
    db: Db = None,
    config: Config = None,
) -> None:
    """Rate every customer and month of the ledger on other plans. Revenue, cost to serve, margin, who pays more, who outgrows.

    Months are calendar months in --tz; a customer pays from the first month it is met in to the last of the period. Use is taken
    as it was, whatever it would have cost.
    """
    import sys

    from llmcost.cli.outputs import format_of_file
    from llmcost.config.settings import load_settings
    from llmcost.domain.period import chosen_period, clock, time_zone
    from llmcost.domain.text import plural
    from llmcost.ledger.database import reading
    from llmcost.render import output as destination
    from llmcost.render.surface import Surface, surface_of
    from llmcost.render.tiers_simulation import FORMATS, render_simulation
    from llmcost.reports.choices import choice
    from llmcost.reports.question import Question, selection
    from llmcost.tiers.choosing import POLICIES
    from llmcost.tiers.lint import cliffs
    from llmcost.tiers.plans import read_plans
    from llmcost.tiers.rating import offer
    from llmcost.tiers.simulation import simulate as run

    settings = load_settings(config)
    zone = time_zone(tz or settings.tz)
    chosen = format_of_file(output, output_format, FORMATS, "table")
    asked = offer(
        read_plans(plans),
        None if today is None else read_plans(today),
        current,
        choice("--policy", policy, POLICIES),
    )
    question = Question(
        where=tuple(where or ()),
        period=chosen_period(period=period, since=since, until=until, now=clock(as_of, zone), tz=zone),
        zone=zone,
        basis="requests",
    )
    with reading(settings.ledger_path(db), wait=wait) as ledger:
        result = run(ledger, selection(ledger, question), asked, seed=seed)
    population = result.population
    if population.unpriced_requests:
        diagnostics.warning(
            f"{plural(population.unpriced_requests, 'request')} unpriced: cost to serve is higher than shown"
        )
    if population.unattributed_cost:
        diagnostics.note(f"${population.unattributed_cost:,.2f} of cost has no customer and is left out")
    if result.unknown_now:
        diagnostics.note(
            f"{plural(result.unknown_now, 'customer')} of unknown plan today: name it with `assign:` or `current:`"
        )
    for plan in asked.offered:
        for charge in plan.charges:
            for cliff in cliffs(plan, charge):
                diagnostics.note(
                    f"{plan.id} has a cliff at {cliff.quantity:,f} {cliff.meter}: {cliff.below:f} to {cliff.above:f}"
                )
    surface = Surface() if output is not None else surface_of(sys.stdout)
    destination.write(render_simulation(result, chosen, surface, limit), output)
