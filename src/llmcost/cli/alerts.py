"""`llmcost alerts`: watch cost, errors and speed, and tell somebody."""

from typing import Annotated

import typer

from llmcost.cli.options import AsOf, BasisOption, Config, Db, Output, ReadWait
from llmcost.cli.outputs import format_of_file

AlertFormat = Annotated[
    str | None, typer.Option("--format", metavar="FORMAT", help="table, json or markdown.", show_default="table")
]


def register(app: typer.Typer) -> None:
    """Add the group to the command line."""
    group = typer.Typer(help="Watch cost, errors and speed, and tell somebody.", rich_markup_mode=None)
    group.command("check")(check)
    group.command("list")(listed)
    app.add_typer(group, name="alerts")


def check(
    *,
    fail_on: Annotated[
        str, typer.Option("--fail-on", metavar="STATUS", help="Exit 1 when a rule is firing or escalated, or never.")
    ] = "firing",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be sent, and send nothing.")] = False,
    output_format: AlertFormat = None,
    output: Output = None,
    basis: BasisOption = None,
    as_of: AsOf = None,
    wait: ReadWait = 5,
    db: Db = None,
    config: Config = None,
) -> None:
    """Judge the alert rules, and tell the channels what is new. Those of llmcost.yaml, or the shipped ones.

    Exit code 1 when a rule fires, 3 when data is stale or missing, 4 when a channel could not be told.
    """
    import sys

    from llmcost.budgets.alerts.channels import read_channels
    from llmcost.budgets.alerts.delivery import deliver, preview
    from llmcost.budgets.alerts.judging import check as run
    from llmcost.budgets.alerts.reading import read_rules
    from llmcost.cli import diagnostics
    from llmcost.config.settings import load_settings
    from llmcost.domain.errors import ExitCode
    from llmcost.domain.period import clock, time_zone
    from llmcost.ledger.composition import BASES
    from llmcost.ledger.database import reading
    from llmcost.render import output as destination
    from llmcost.render.alert_payloads import payload
    from llmcost.render.alerts import render_check
    from llmcost.render.surface import Surface, surface_of
    from llmcost.reports.choices import choice

    settings = load_settings(config)
    chosen = format_of_file(output, output_format, ("table", "json", "markdown"), "table")
    threshold = choice("--fail-on", fail_on, ("firing", "escalated", "never"))
    asked = None if basis is None else choice("--basis", basis, BASES)
    rules, channels = read_rules(settings), read_channels(settings)
    path = settings.ledger_path(db)
    now = clock(as_of, time_zone(settings.tz))
    with reading(path, wait=wait) as ledger:
        found = run(ledger, settings, rules, now, basis=asked)
    delivery = None
    if channels:
        delivery = (preview if dry_run else deliver)(
            path, found, channels, payload, clock(), wait=wait if dry_run else max(wait, 30)
        )
    elif dry_run:
        diagnostics.note("no channels to deliver to: add `channels:` to llmcost.yaml")
    surface = Surface() if output is not None else surface_of(sys.stdout)
    destination.write(render_check(found, delivery, chosen, surface), output)
    if delivery is not None and delivery.unnoted is not None:
        diagnostics.warning(f"told, but not noted: {delivery.unnoted.message}", hint="it may be told again")
    code = found.exit_code
    spared = threshold == "never" or (threshold == "escalated" and all(alert.level < 2 for alert in found.firing))
    if code == ExitCode.FINDING and spared:
        code = ExitCode.DATA if any(one.missing for one in found.rules) else ExitCode.OK
    if code == ExitCode.OK and delivery is not None and any(one.failure for one in delivery.told):
        code = ExitCode.UPSTREAM
    if code:
        raise typer.Exit(code)


def listed(*, output_format: AlertFormat = None, output: Output = None, config: Config = None) -> None:
    """List the rules in force. When they fire, and the channels they go to."""
    import sys

    from llmcost.budgets.alerts.channels import read_channels
    from llmcost.budgets.alerts.reading import read_rules
    from llmcost.config.settings import load_settings
    from llmcost.render import output as destination
    from llmcost.render.alerts import render_rules
    from llmcost.render.surface import Surface, surface_of

    settings = load_settings(config)
    chosen = format_of_file(output, output_format, ("table", "json", "markdown"), "table")
    surface = Surface() if output is not None else surface_of(sys.stdout)
    text = render_rules(read_rules(settings), read_channels(settings), settings.currency, chosen, surface)
    destination.write(text, output)
