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

Provider = Annotated[str | None, typer.Option("--provider", metavar="NAME", help="Who invoices.")]
At = Annotated[str | None, typer.Option("--at", metavar="TIME", help="Prices of that ISO date or time, UTC; now.")]
PageFormat = Annotated[str | None, typer.Option("--format", metavar="FORMAT", help="table, json or markdown.")]


def register(app: typer.Typer) -> None:
    """Add the group to the command line."""
    group = typer.Typer(help="Show what the price list holds, and what a call would cost.", rich_markup_mode=None)
    group.callback()(lambda: None)
    group.command("list")(list_)
    group.command("show")(show)
    group.command("explain")(explain)
    for module in sorted(one.name for one in pkgutil.iter_modules(cli.__path__) if one.name.startswith("prices_")):
        importlib.import_module(f"{cli.__name__}.{module}").register_price_command(group)
    app.add_typer(group, name="prices")


def list_(
    *,
    provider: Provider = None,
    search: Annotated[str, typer.Option("--search", metavar="TEXT", help="Part of a model's name.")] = "",
    every: Annotated[bool, typer.Option("--all", help="The long tail of the catalogue, too.")] = False,
    at: At = None,
    limit: Limit = None,
    output_format: Format = None,
    output: Output = None,
    config: Config = None,
) -> None:
    """List models with their rates per million tokens, as published. The reviewed ones, unless asked for others."""
    import sys

    from llmcost.cli import diagnostics
    from llmcost.cli.outputs import format_of_file
    from llmcost.config.settings import load_settings
    from llmcost.domain.period import clock, time_zone
    from llmcost.pricing.listing import listed
    from llmcost.pricing.price_list import load_price_list
    from llmcost.render import output as destination
    from llmcost.render.prices import FORMATS, listing
    from llmcost.render.surface import Surface, surface_of

    chosen = format_of_file(output, output_format, FORMATS, "table")
    prices = load_price_list(load_settings(config).pricing)
    found = listed(prices, clock(at, time_zone("UTC")), provider=provider, search=search)
    if not found:
        diagnostics.note(f"no model's name has {search!r} in it")
    if not (every or search or provider):
        known = len(found)
        found = [one for one in found if not one.in_tail]
        diagnostics.note(
            f"{known - len(found):,} more models are in the catalogue: --all, --provider or --search shows them"
        )
    if limit is not None and limit < len(found):
        diagnostics.note(f"{limit:,} of {len(found):,} models shown")
    surface = Surface() if output is not None else surface_of(sys.stdout)
    destination.write(listing(found[:limit], prices, chosen, surface), output)


def show(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Its id, or a name as logged.", show_default=False)],
    *,
    provider: Provider = None,
    at: At = None,
    output_format: PageFormat = None,
    output: Output = None,
    config: Config = None,
) -> None:
    """Show all prices of one model. Dates, tiers, variants, factors, fees, names and sources."""
    import sys

    from llmcost.cli.outputs import format_of_file
    from llmcost.config.settings import load_settings
    from llmcost.domain.period import clock, time_zone
    from llmcost.pricing.lookup import model_named
    from llmcost.pricing.price_list import load_price_list
    from llmcost.render import output as destination
    from llmcost.render.price import FORMATS, model_page
    from llmcost.render.surface import Surface, surface_of

    chosen = format_of_file(output, output_format, FORMATS, "table")
    prices = load_price_list(load_settings(config).pricing)
    found = model_named(prices, model, clock(at, time_zone("UTC")), provider)
    surface = Surface() if output is not None else surface_of(sys.stdout)
    destination.write(model_page(found, prices, chosen, surface), output)


def explain(
    *,
    model: Annotated[
        str, typer.Option("--model", metavar="MODEL", help="Its id, or a name as logged.", show_default=False)
    ],
    provider: Provider = None,
    at: At = None,
    usage: Annotated[
        list[str] | None,
        typer.Option(
            "--usage", metavar="UNIT=N,...", help="input, cache_read, output, web_search, ...; input=1000,output=1000."
        ),
    ] = None,
    processing: Annotated[str | None, typer.Option("--processing", metavar="WORD", help="batch.")] = None,
    service_tier: Annotated[
        str | None, typer.Option("--service-tier", metavar="WORD", help="flex, priority, ...")
    ] = None,
    speed: Annotated[str | None, typer.Option("--speed", metavar="WORD", help="fast.")] = None,
    region: Annotated[
        str | None, typer.Option("--region", metavar="WORD", help="Inference region, such as us.")
    ] = None,
    unit_size: Annotated[
        str | None, typer.Option("--unit-size", metavar="WORD", help="Size of an image or a search, such as low.")
    ] = None,
    output_format: PageFormat = None,
    output: Output = None,
    config: Config = None,
) -> None:
    """Show what a call would cost, line by line. `input` leaves out what a cache served or took."""
    import sys

    from llmcost.cli.outputs import format_of_file
    from llmcost.config.settings import load_settings
    from llmcost.domain.period import clock, time_zone
    from llmcost.pricing.estimate import Call, estimated
    from llmcost.pricing.price_list import load_price_list
    from llmcost.pricing.usage import parse_usage
    from llmcost.render import output as destination
    from llmcost.render.estimate import FORMATS, estimate
    from llmcost.render.surface import Surface, surface_of

    chosen = format_of_file(output, output_format, FORMATS, "table")
    call = Call(
        model=model,
        provider=provider,
        at=clock(at, time_zone("UTC")),
        quantities=parse_usage(usage or ("input=1000,output=1000",)),
        processing=processing,
        service_tier=service_tier,
        speed=speed,
        inference_region=region,
        unit_size=unit_size,
    )
    found = estimated(load_price_list(load_settings(config).pricing), call)
    surface = Surface() if output is not None else surface_of(sys.stdout)
    destination.write(estimate(found, chosen, surface), output)
