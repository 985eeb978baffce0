"""`llmcost chargeback`: who bears which cost, statements about it, and periods that are closed."""

from typing import Annotated

import typer

from llmcost.cli import chargeback_close, chargeback_statement
from llmcost.cli.chargeback_options import Allocated, By, Month
from llmcost.cli.options import AsOf, Config, CurrencyOption, Db, Output, PeriodOption, ReadWait, Since, Tz, Until

Now = Annotated[
    bool, typer.Option("--now", help="What a closed period would come to now, by the rules it was closed with.")
]


def register(app: typer.Typer) -> None:
    """Add the group to the command line."""
    group = typer.Typer(rich_markup_mode=None, invoke_without_command=True)
    group.callback()(chargeback)
    chargeback_statement.add_to(group)
    chargeback_close.add_to(group)
    app.add_typer(group, name="chargeback")


def chargeback(
    context: typer.Context,
    *,
    by: By = None,
    month: Month = None,
    period: PeriodOption = None,
    since: Since = None,
    until: Until = None,
    now: Now = False,
    tz: Tz = None,
    as_of: AsOf = None,
    currency: CurrencyOption = None,
    output_format: Allocated = None,
    output: Output = None,
    wait: ReadWait = 5,
    db: Db = None,
    config: Config = None,
) -> None:
    """Allocate the cost of a period to teams, customers and others. To the last cent, by any dimension."""
    from llmcost.domain.errors import UsageError

    if context.invoked_subcommand is not None:
        if any(
            context.params.get(str(option.name), option.default) != option.default for option in context.command.params
        ):
            name = context.invoked_subcommand
            raise UsageError(
                f"options of `chargeback {name}` stand behind it", hint=f"such as `chargeback {name} --by team`"
            )
        return
    from llmcost.allocation.chargeback import chargeback as run
    from llmcost.cli.chargeback_options import question, shown
    from llmcost.config.settings import load_settings
    from llmcost.ledger.database import reading
    from llmcost.pricing.charges import list_with_charges

    settings = load_settings(config)
    asked = question(
        settings, by=by, month=month, period=period, since=since, until=until, tz=tz, as_of=as_of, currency=currency
    )
    with reading(settings.ledger_path(db), wait=wait) as ledger:
        found = run(ledger, list_with_charges(settings.pricing), asked, now=now)
    shown(found, output_format, output)
