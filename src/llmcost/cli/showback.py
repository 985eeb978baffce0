"""`llmcost showback`: who would bear which cost, as the ledger stands."""

import typer

from llmcost.cli.chargeback_options import Allocated, By, Month, shown
from llmcost.cli.options import AsOf, Config, CurrencyOption, Db, Output, PeriodOption, ReadWait, Since, Tz, Until


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("showback")(showback)


def showback(
    *,
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
    """Allocate cost as `chargeback` does, for information. Whatever has been closed; it is not for the books."""
    from llmcost.allocation.chargeback import showback as run
    from llmcost.cli.chargeback_options import question
    from llmcost.config.settings import load_settings
    from llmcost.ledger.database import reading
    from llmcost.pricing.charges import list_with_charges

    settings = load_settings(config)
    asked = question(
        settings, by=by, month=month, period=period, since=since, until=until, tz=tz, as_of=as_of, currency=currency
    )
    with reading(settings.ledger_path(db), wait=wait) as ledger:
        found = run(ledger, list_with_charges(settings.pricing), asked)
    shown(found, output_format, output, title="Showback")
