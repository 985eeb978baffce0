"""`llmcost prices update`: compare the price list with public catalogues, and write what they agree on."""

from pathlib import Path
from typing import Annotated

import typer

from llmcost.cli.options import AsOf, Config, Output

FAILING = ("stale", "disputed")
"""States of a price that can fail a check, the surer first."""


def register_price_command(group: typer.Typer) -> None:
    """Add the command to `llmcost prices`."""
    group.command("update")(update)


def update(
    *,
    source: Annotated[
        list[str] | None,
        typer.Option("--from", metavar="PLACE", help="genai-prices, litellm, a file or an https address; repeat."),
    ] = None,
    accept: Annotated[
        list[str] | None, typer.Option("--accept", metavar="NAME", help="Believe this catalogue alone; repeat.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 as --fail-on says.")] = False,
    fail_on: Annotated[
        str, typer.Option("--fail-on", metavar="STATE", help="With --check: stale, or disputed for both.")
    ] = "stale",
    offline: Annotated[
        bool, typer.Option("--offline", help="Read installed packages and files; fetch nothing.")
    ] = False,
    every: Annotated[bool, typer.Option("--all", help="Show what our list lacks, too.")] = False,
    from_date: Annotated[
        str | None, typer.Option("--from-date", metavar="DATE", help="When new prices begin, UTC; today.")
    ] = None,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="The price file to write; one of the user's for today.")
    ] = None,
    as_of: AsOf = None,
    output_format: Annotated[str | None, typer.Option("--format", metavar="FORMAT", help="table or json.")] = None,
    output: Output = None,
    config: Config = None,
) -> None:
    """Compare the price list with public catalogues. Write what they agree on as new dated prices.

    A price is written when two catalogues agree on it, or one that is accepted says it. Older prices stay as they are.
    A price of ours is stale when the catalogues agree on another one, and disputed when they do not agree themselves.
    A project's own price files are neither compared nor copied, but for the one --to names.
    """
    import sys

    from llmcost.cli import diagnostics
    from llmcost.cli.outputs import format_of_file
    from llmcost.config.settings import load_settings
    from llmcost.domain.errors import ExitCode, UsageError
    from llmcost.domain.period import clock, parse_instant, time_zone
    from llmcost.pricing.update.fetch import CATALOGUES, fetch
    from llmcost.pricing.update.refresh import look, refresh
    from llmcost.pricing.update.scope import scope_of
    from llmcost.pricing.update.write import user_file
    from llmcost.render import output as destination
    from llmcost.render.prices_update import FORMATS
    from llmcost.render.prices_update import update as rendered
    from llmcost.render.surface import Surface, surface_of
    from llmcost.reports.choices import choice

    chosen = format_of_file(output, output_format, FORMATS, "table")
    failing = choice("--fail-on", fail_on, FAILING)
    utc = time_zone("UTC")
    now = clock(as_of, utc)
    settings = load_settings(config)
    catalogues = [fetch(place, offline=offline) for place in source or CATALOGUES]
    names = [one.name for one in catalogues]
    if len(set(names)) < len(names):
        raise UsageError(f"{names[0]} is given twice; copies of one catalogue do not agree, they repeat")
    accepted = [choice("--accept", name, names) for name in accept or ()]
    target = to if to is not None else user_file(now)
    prices, apart = scope_of(target, settings.pricing)
    done = None
    if check:
        found = look(prices, catalogues, now, accepted, apart)
    else:
        today = now.replace(hour=0, minute=0, second=0, microsecond=0)
        since = today if from_date is None else parse_instant(from_date, utc)
        done = refresh(prices, catalogues, at=now, since=since, target=target, accept=accepted, apart=apart)
        found = done.comparison
    surface = Surface() if output is not None else surface_of(sys.stdout)
    destination.write(rendered(found, names, chosen, surface, every=every, done=done), output)
    if len(names) == 1 and not accepted:
        diagnostics.note(f"one catalogue cannot agree with another; --accept {names[0]} takes its word")
    if check and any(line.state in FAILING[: FAILING.index(failing) + 1] for line in found.lines):
        raise typer.Exit(ExitCode.FINDING)
