"""`llmcost chargeback statement` and `usage`: what one owner bears, with evidence; what one customer used."""

from typing import Annotated

import typer

from llmcost.cli.chargeback_options import Allocated, By, Month
from llmcost.cli.options import AsOf, Config, CurrencyOption, Db, Output, PeriodOption, ReadWait, Since, Tz, Until

Owner = Annotated[
    str, typer.Option("--for", metavar="NAME", help="Whose; empty for what nobody bears.", show_default=False)
]


def add_to(group: typer.Typer) -> None:
    """Add the commands to `llmcost chargeback`."""
    group.command("statement")(statement)
    group.command("usage")(usage)


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
    wait: ReadWait = 5,
    db: Db = None,
    config: Config = None,
) -> None:
    """Write the statement of one team, customer or other owner. Every line has the command that prints its numbers."""
    import sys

    from llmcost.allocation.chargeback import chargeback, owner_of
    from llmcost.cli import diagnostics
    from llmcost.cli.chargeback_options import question
    from llmcost.cli.outputs import format_of_file
    from llmcost.config.settings import load_settings
    from llmcost.ledger.database import reading
    from llmcost.pricing.charges import list_with_charges
    from llmcost.render import output as destination
    from llmcost.render.statement import FORMATS, render_statement
    from llmcost.render.surface import Surface, surface_of

    settings = load_settings(config)
    chosen = format_of_file(output, output_format, FORMATS, "table")
    asked = question(
        settings, by=by, month=month, period=period, since=since, until=until, tz=tz, as_of=as_of, currency=currency
    )
    with reading(settings.ledger_path(db), wait=wait) as ledger:
        found = chargeback(ledger, list_with_charges(settings.pricing), asked)
    name = owner_of(found, owner)
    if chosen in {"json", "csv"}:
        for note in found.notes:
            diagnostics.note(note)
    surface = Surface() if output is not None else surface_of(sys.stdout)
    destination.write(render_statement(found, name, chosen, surface), output)


def usage(
    *,
    customer: Annotated[str, typer.Option("--for", metavar="NAME", help="The customer.", show_default=False)],
    by: Annotated[
        str, typer.Option("--by", metavar="DIMENSION", help="What names customers; its `allocation:` has the terms.")
    ] = "customer_id",
    lines: Annotated[
        str | None, typer.Option("--lines", metavar="DIMENSION", help="What the lines are, such as model or feature.")
    ] = None,
    columns: Annotated[
        list[str] | None, typer.Option("--columns", metavar="A,B", help="Metrics beside the amount.")
    ] = None,
    markup: Annotated[
        str | None, typer.Option("--markup", metavar="PERCENT", help="Amounts are cost and so much of it, such as 20%.")
    ] = None,
    month: Month = None,
    period: PeriodOption = None,
    since: Since = None,
    until: Until = None,
    tz: Tz = None,
    as_of: AsOf = None,
    currency: CurrencyOption = None,
    output_format: Allocated = None,
    output: Output = None,
    wait: ReadWait = 5,
    db: Db = None,
    config: Config = None,
) -> None:
    """Write a usage statement to send to a customer. What it used, without amounts unless a markup or prices are set."""
    import sys

    from llmcost.allocation.statement_terms import changed
    from llmcost.allocation.usage import usage_statement
    from llmcost.cli import diagnostics
    from llmcost.cli.chargeback_options import question
    from llmcost.cli.options import names
    from llmcost.cli.outputs import format_of_file
    from llmcost.config.settings import load_settings
    from llmcost.ledger.database import reading
    from llmcost.render import output as destination
    from llmcost.render.surface import Surface, surface_of
    from llmcost.render.usage_statement import FORMATS, render_usage_statement

    settings = load_settings(config)
    chosen = format_of_file(output, output_format, FORMATS, "table")
    asked = question(
        settings, by=by, month=month, period=period, since=since, until=until, tz=tz, as_of=as_of, currency=currency
    )
    asked = changed(asked, by=lines, columns=names(columns), markup=markup)
    with reading(settings.ledger_path(db), wait=wait) as ledger:
        found = usage_statement(ledger, asked, customer)
    for note in found.notes:
        diagnostics.note(note)
    surface = Surface() if output is not None else surface_of(sys.stdout)
    destination.write(render_usage_statement(found, chosen, surface), output)
