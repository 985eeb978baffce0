"""`llmcost chargeback statement`: what one owner bears, with the evidence for every line."""

from typing import Annotated

import typer

from llmcost.cli.chargeback_options import Allocated, By, Month
from llmcost.cli.options import AsOf, Config, CurrencyOption, Db, Output, PeriodOption, Since, Tz, Until

Owner = Annotated[
    str, typer.Option("--for", metavar="NAME", help="Whose; empty for what nobody bears.", show_default=False)
]


def add_to(group: typer.Typer) -> None:
    """Add the command to `llmcost chargeback`."""
    group.command("statement")(statement)


def statement(
    *,
    owner: Owner,
    by: By = None,
    month: Month = None,
    period: PeriodOption = None,
    since: Since = None,
    until: Until = None,
    tz: Tz = None,
    as_of: AsOf = None,
    currency: CurrencyOption = None,
    output_format: Allocated = None,
    output: Output = None,
    db: Db = None,
    config: Config = None,
) -> None:
    """Write the statement of one team, customer or other owner: every line with the command that prints its numbers."""
    import sys

    from llmcost.allocation.chargeback import chargeback, owner_of
    from llmcost.cli import diagnostics
    from llmcost.cli.chargeback_options import question
    from llmcost.config.settings import load_settings
    from llmcost.ledger.database import reading
    from llmcost.pricing.price_list import load_price_list
    from llmcost.render import output as destination
    from llmcost.render.statement import FORMATS, render_statement
    from llmcost.render.surface import Surface, surface_of
    from llmcost.reports.choices import choice

    settings = load_settings(config)
    chosen = choice("--format", output_format or "table", FORMATS)
    asked = question(
        settings, by=by, period=month or period, since=since, until=until, tz=tz, as_of=as_of, currency=currency
    )
    with reading(settings.ledger_path(db)) as ledger:
        found = chargeback(ledger, load_price_list(settings.pricing), asked)
    name = owner_of(found, owner)
    if chosen in {"json", "csv"}:
        for note in found.notes:
            diagnostics.note(note)
    surface = Surface() if output is not None else surface_of(sys.stdout)
    destination.write(render_statement(found, name, chosen, surface), output)
