"""`llmcost tiers limits`: price plans as a gateway's limits."""

from pathlib import Path
from typing import Annotated

import typer

from llmcost.cli import diagnostics
from llmcost.cli.options import Output


def add_to(group: typer.Typer) -> None:
    """Add the command to the group `tiers`."""
    group.command("limits")(limits)


def limits(
    plans: Annotated[Path, typer.Argument(metavar="PLANS", help="A file of plans.", show_default=False)],
    *,
    dialect: Annotated[str, typer.Option("--dialect", metavar="NAME", help="tfy-v1, tfy-v2 or litellm.")] = "tfy-v1",
    plan: Annotated[
        list[str] | None, typer.Option("--plan", metavar="ID", help="Only this plan; repeat for more.")
    ] = None,
    plan_key: Annotated[
        str, typer.Option("--plan-key", metavar="KEY", help="The metadata key that says a customer's plan.")
    ] = "plan",
    customer_key: Annotated[
        str, typer.Option("--customer-key", metavar="KEY", help="The metadata key that says who the customer is.")
    ] = "customer_id",
    output: Output = None,
) -> None:
    """Write the gateway config that holds customers to their plan. `llmcost quota check` reads it."""
    from llmcost.compose.tiers_limits import DIALECTS, gateway_limits
    from llmcost.domain.errors import UsageError
    from llmcost.domain.text import nearest
    from llmcost.render import output as destination
    from llmcost.reports.choices import choice
    from llmcost.tiers.plans import read_plans

    chosen = choice("--dialect", dialect, DIALECTS)
    file = read_plans(plans)
    ids = [one.id for one in file.plans]
    for name in plan or ():
        if name not in ids:
            raise UsageError(f"no plan has the id {name!r}", hint=nearest(name, ids) or f"plans: {', '.join(ids)}")
    wanted = [one for one in file.plans if not plan or one.id in plan]
    written = gateway_limits(wanted, chosen, plan_key=plan_key, customer_key=customer_key)
    for reason in written.left_out:
        diagnostics.note(f"left out: {reason}")
    destination.write(written.text, output)
