"""`llmcost prices`: what the price list holds, and what a call would cost.

A module `prices_NAME.py` beside this one adds a command to the group: it has a function `register_price_command(group)`,
which is found and called here. Such modules stand in help after the commands of this file, by name.
"""

import importlib
import pkgutil
from typing import Annotated

import typer

from llmcost import cli
from llmcost.cli.options import Config, Format, Limit, Output


def register(app: typer.Typer) -> None:
    """Add the group to the command line."""
    group = typer.Typer(help="Show what the price list holds, and what a call would cost.", rich_markup_mode=None)
    group.callback()(lambda: None)
    group.command("list")(list_)
    for module in sorted(one.name for one in pkgutil.iter_modules(cli.__path__) if one.name.startswith("prices_")):
        importlib.import_module(f"{cli.__name__}.{module}").register_price_command(group)
    app.add_typer(group, name="prices")


def list_(
    *,
    provider: Annotated[str | None, typer.Option("--provider", metavar="NAME", help="Who invoices.")] = None,
    search: Annotated[str, typer.Option("--search", metavar="TEXT", help="Part of a model's name.")] = "",
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="Prices of that ISO date or time, UTC; now.")
    ] = None,
    limit: Limit = None,
    output_format: Format = None,
    output: Output = None,
    config: Config = None,
) -> None:
    """List models with their rates per million tokens, as published."""
    import sys

    from llmcost.cli import diagnostics
    from llmcost.config.settings import load_settings
    from llmcost.domain.period import clock, time_zone
    from llmcost.pricing.listing import listed
    from llmcost.pricing.price_list import load_price_list
    from llmcost.render import output as destination
    from llmcost.render.prices import FORMATS, listing
    from llmcost.render.surface import Surface, surface_of
    from llmcost.reports.choices import choice

    chosen = choice("--format", output_format or "table", FORMATS)
    prices = load_price_list(load_settings(config).pricing)
    found = listed(prices, clock(at, time_zone("UTC")), provider=provider, search=search)
    if not found:
        diagnostics.note(f"no model's name has {search!r} in it")
    if limit is not None and limit < len(found):
        diagnostics.note(f"{limit:,} of {len(found):,} models shown")
    surface = Surface() if output is not None else surface_of(sys.stdout)
    destination.write(listing(found[:limit], prices, chosen, surface), output)
