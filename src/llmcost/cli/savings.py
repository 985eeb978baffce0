"""`llmcost savings`: what acting on the findings would save, without counting anything twice."""

from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer

from llmcost.cli.options import AsOf, Config, Db, Output, PeriodOption, Since, Tz, Until, Where
from llmcost.domain.errors import UsageError

SavingsFormatOption = Annotated[str | None, typer.Option("--format", metavar="FORMAT", help="table, json or markdown.")]


def register(app: typer.Typer) -> None:
    """Add the group to the command line."""
    group = typer.Typer(help="What acting on the findings would save, and what other models would have cost.")
    group.callback(invoke_without_command=True)(savings)
    group.command("whatif")(whatif)
    app.add_typer(group, name="savings")


def savings(
    context: typer.Context,
    *,
    where: Where = None,
    period: PeriodOption = None,
    since: Since = None,
    until: Until = None,
    tz: Tz = None,
    as_of: AsOf = None,
    output_format: SavingsFormatOption = None,
    output: Output = None,
    db: Db = None,
    config: Config = None,
) -> None:
    """What acting on the findings would save, by kind of change; overlaps are taken out of the net."""
    if context.invoked_subcommand is not None:
        return
    import sys

    from llmcost.config.settings import load_settings
    from llmcost.domain.period import chosen_period, clock, time_zone
    from llmcost.ledger.database import reading
    from llmcost.outliers.run import AuditRequest, audit
    from llmcost.pricing.price_list import load_price_list
    from llmcost.render import output as destination
    from llmcost.render.savings import SAVINGS_FORMATS, render_savings
    from llmcost.render.surface import Surface, surface_of
    from llmcost.reports.choices import choice

    settings = load_settings(config)
    zone = time_zone(tz or settings.tz)
    chosen_format = choice("--format", output_format or "table", SAVINGS_FORMATS)
    request = AuditRequest(
        period=chosen_period(period=period, since=since, until=until, now=clock(as_of, zone), tz=zone),
        zone=zone,
        where=tuple(where or ()),
        production=settings.production,
    )
    prices = load_price_list(settings.pricing)
    with reading(settings.ledger_path(db)) as connection:
        found = audit(connection, prices, request)
    surface = Surface() if output is not None else surface_of(sys.stdout)
    destination.write(render_savings(found, chosen_format, surface, prices.currency), output)


def whatif(
    *,
    swap: Annotated[
        list[str] | None, typer.Option("--swap", metavar="MODEL=MODEL", help="Another model instead; repeat for more.")
    ] = None,
    env: Annotated[
        list[str] | None, typer.Option("--env", metavar="NAME=MODEL", help="That model for all of an environment.")
    ] = None,
    cache_hit: Annotated[
        str | None, typer.Option("--cache-hit", metavar="SHARE", help="That share of input read from a cache: 0.7.")
    ] = None,
    where: Where = None,
    period: PeriodOption = None,
    since: Since = None,
    until: Until = None,
    tz: Tz = None,
    as_of: AsOf = None,
    output_format: SavingsFormatOption = None,
    output: Output = None,
    db: Db = None,
    config: Config = None,
) -> None:
    """What the same requests would have cost with other models or a better cache; quality is not part of the answer."""
    import sys

    from llmcost.config.settings import load_settings
    from llmcost.domain.period import chosen_period, clock, time_zone
    from llmcost.ledger.composition import Selection
    from llmcost.ledger.conditions import conditions
    from llmcost.ledger.database import reading
    from llmcost.outliers.traffic import Floors, open_traffic
    from llmcost.outliers.whatif import pairs, what_if
    from llmcost.pricing.price_list import load_price_list
    from llmcost.render import output as destination
    from llmcost.render.savings import SAVINGS_FORMATS, render_what_if
    from llmcost.render.surface import Surface, surface_of
    from llmcost.reports.choices import choice

    settings = load_settings(config)
    zone = time_zone(tz or settings.tz)
    chosen_format = choice("--format", output_format or "table", SAVINGS_FORMATS)
    swaps, environments = pairs("--swap", swap or ()), pairs("--env", env or ())
    hit = None if cache_hit is None else _share(cache_hit)
    chosen = chosen_period(period=period, since=since, until=until, now=clock(as_of, zone), tz=zone)
    prices = load_price_list(settings.pricing)
    with reading(settings.ledger_path(db)) as connection:
        selection = Selection(
            period=chosen, zone=zone, basis="requests", conditions=conditions(connection, tuple(where or ()))
        )
        traffic = open_traffic(connection, selection, prices, production=settings.production, floors=Floors())
        answer = what_if(traffic, swaps=swaps, environments=environments, cache_hit=hit)
    surface = Surface() if output is not None else surface_of(sys.stdout)
    destination.write(render_what_if(answer, chosen_format, surface, prices.currency), output)


def _share(text: str) -> Decimal:
    hint = "write it as 0.7 or 70%"
    try:
        value = Decimal(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except InvalidOperation as error:
        raise UsageError(f"--cache-hit {text!r} is no share", hint=hint) from error
    if not 0 <= value <= 1:
        raise UsageError(f"--cache-hit {text!r} is no share", hint=hint)
    return value
