"""`llmcost forecast`: what the month will have cost."""

from typing import Annotated

import typer

from llmcost.cli.options import AsOf, BasisOption, By, Config, CurrencyOption, Db, Format, Output, ReadWait, Tz, Where


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("forecast")(forecast)


def forecast(
    *,
    by: By = None,
    where: Where = None,
    period: Annotated[
        str, typer.Option("--period", metavar="PERIOD", help="month (the running one) or next-month.")
    ] = "month",
    top: Annotated[
        int | None, typer.Option("--top", metavar="N", min=1, help="The N largest; the total is of all.")
    ] = None,
    tz: Tz = None,
    basis: BasisOption = None,
    as_of: AsOf = None,
    currency: CurrencyOption = None,
    output_format: Format = None,
    output: Output = None,
    wait: ReadWait = 5,
    db: Db = None,
    config: Config = None,
) -> None:
    """Forecast what the month, or the next one, will have cost. The interval is from how past forecasts did.

    Exit code 3 when the history is too short or the data too old to say.
    """
    import sys

    from llmcost.cli import diagnostics
    from llmcost.cli.outputs import format_of_file
    from llmcost.config.settings import load_settings
    from llmcost.domain.period import clock, time_zone
    from llmcost.domain.text import plural
    from llmcost.ledger.composition import BASES
    from llmcost.ledger.database import reading
    from llmcost.ledger.filters import split_list
    from llmcost.pricing.currency import chosen_currency
    from llmcost.render import output as destination
    from llmcost.render.forecast import render_forecast
    from llmcost.render.formats import FORMATS
    from llmcost.render.surface import Surface, surface_of
    from llmcost.reports.choices import choice
    from llmcost.reports.forecast import STALE, TARGETS
    from llmcost.reports.forecast import forecast as run
    from llmcost.reports.question import Question

    settings = load_settings(config)
    zone = time_zone(tz or settings.tz)
    chosen = format_of_file(output, output_format, FORMATS, "table")
    target = choice("--period", period, TARGETS)
    reported_in = chosen_currency(currency, settings)
    asked = None if basis is None else choice("--basis", basis, BASES)
    question = Question(
        by=tuple(name for text in by or () for name in split_list(text) if name),
        where=tuple(where or ()),
        zone=zone,
        basis=asked,
        top=top,
        currency=reported_in.code,
        rates=reported_in.rates,
    )
    with reading(settings.ledger_path(db), wait=wait) as ledger:
        found = run(ledger, question, target, clock(as_of, zone), stale=settings.gate.stale or STALE)
    surface = Surface() if output is not None else surface_of(sys.stdout)
    destination.write(render_forecast(found, chosen, surface), output)
    if found.hidden and chosen == "csv":
        diagnostics.note(f"{plural(found.hidden, 'more row')} not shown; raise --top")
