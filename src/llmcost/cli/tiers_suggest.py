"""`llmcost tiers suggest`: plans that would have earned more."""

from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from llmcost.cli import diagnostics
from llmcost.cli.options import (
    AsOf,
    Config,
    Db,
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
    group.command("suggest")(suggest)


def suggest(
    plans: Annotated[Path, typer.Argument(metavar="PLANS", help="A file of plans.", show_default=False)],
    *,
    count: Annotated[int, typer.Option("--count", metavar="N", min=1, max=5, help="How many plans at most.")] = 3,
    rise: Annotated[str, typer.Option("--rise", metavar="PERCENT", help="How much a bill may rise ...")] = "20%",
    spared: Annotated[
        str, typer.Option("--for", metavar="PERCENT", help="... for at least so many of the customers.")
    ] = "90%",
    margin: Annotated[
        str, typer.Option("--min-margin", metavar="PERCENT", help="What each plan's customers must leave together.")
    ] = "0%",
    current: Annotated[
        str | None, typer.Option("--current", metavar="PLAN", help="Today's plan: an id in the file.")
    ] = None,
    today: TodaysPlans = None,
    seed: Seed = 0,
    where: Where = None,
    period: PeriodOption = None,
    since: Since = None,
    until: Until = None,
    tz: Tz = None,
    as_of: AsOf = None,
    output_format: Annotated[
        str | None, typer.Option("--format", metavar="FORMAT", help="table, json, markdown or yaml (a file of plans).")
    ] = None,
    output: Output = None,
    wait: ReadWait = 5,
    db: Db = None,
    config: Config = None,
) -> None:
    """Suggest plans by margin. Fitted on earlier months and judged on later ones, customers taking the cheapest every month.

    Beside them: today's plans, cost plus a quarter, and the plans of the file, whose prices say what the market bears: no bill is
    above the largest of today's with its --rise, theirs, and cost plus a quarter.
    """
    import sys

    from llmcost.cli.outputs import format_of_file
    from llmcost.config.settings import load_settings
    from llmcost.domain.period import chosen_period, clock, time_zone
    from llmcost.ledger.database import reading
    from llmcost.render import output as destination
    from llmcost.render.surface import Surface, surface_of
    from llmcost.render.tiers_suggestion import FORMATS, render_suggestion
    from llmcost.reports.question import Question, selection
    from llmcost.tiers.market import Constraints
    from llmcost.tiers.plans import read_plans
    from llmcost.tiers.rating import offer
    from llmcost.tiers.suggestion import suggest as run

    settings = load_settings(config)
    zone = time_zone(tz or settings.tz)
    chosen = format_of_file(output, output_format, FORMATS, "table")
    asked = offer(read_plans(plans), None if today is None else read_plans(today), current, "cheapest_for_customer")
    constraints = Constraints(
        rise=_share("--rise", rise), spared=_share("--for", spared, 1), margin=_share("--min-margin", margin, 1)
    )
    question = Question(
        where=tuple(where or ()),
        period=chosen_period(period=period, since=since, until=until, now=clock(as_of, zone), tz=zone),
        zone=zone,
        basis="requests",
    )
    with reading(settings.ledger_path(db), wait=wait) as ledger:
        found = run(ledger, selection(ledger, question), asked, count=count, constraints=constraints, seed=seed)
    if not found.plans:
        diagnostics.note("no set of plans that was tried keeps the constraints")
    surface = Surface() if output is not None else surface_of(sys.stdout)
    destination.write(render_suggestion(found, chosen, surface), output)


def _share(option: str, text: str, most: int = 100) -> Decimal:
    from decimal import InvalidOperation

    from llmcost.domain.errors import UsageError

    try:
        share = Decimal(text.strip().removesuffix("%").strip()) / 100
    except InvalidOperation:
        share = Decimal(-1)
    if not share.is_finite() or not 0 <= share <= most:
        raise UsageError(f"cannot read {option} {text!r}", hint=f"write a percentage from 0% to {most}00%")
    return share
