"""`llmcost export`: the ledger's requests as files other tools, and llmcost itself, can read."""

from typing import Annotated

import typer

from llmcost.cli import diagnostics
from llmcost.cli.options import AsOf, Config, CurrencyOption, Db, Output, PeriodOption, Since, Tz, Until, Where


def register(app: typer.Typer) -> None:
    """Add the group to the command line."""
    group = typer.Typer(help="Write what the ledger holds to files.", rich_markup_mode=None)
    group.callback()(lambda: None)
    group.command("requests")(requests)
    app.add_typer(group, name="export")


def requests(
    *,
    where: Where = None,
    period: PeriodOption = None,
    since: Since = None,
    until: Until = None,
    tz: Tz = None,
    as_of: AsOf = None,
    currency: CurrencyOption = None,
    output_format: Annotated[
        str | None, typer.Option("--format", metavar="FORMAT", help="jsonl, csv or parquet; by default as FILE ends.")
    ] = None,
    output: Output = None,
    db: Db = None,
    config: Config = None,
) -> None:
    """Write every request as a native record with its cost.

    With --currency, records also have `converted_cost` and `converted_currency`. `llmcost ingest` reads these files back. They hold what the log held: open them in a spreadsheet with care, or use
    `llmcost report --format csv`, which defuses formulas.
    """
    import sys

    from llmcost.config.settings import load_settings
    from llmcost.domain.errors import UsageError
    from llmcost.domain.period import chosen_period, clock, time_zone
    from llmcost.ledger.database import reading
    from llmcost.ledger.exports import FORMATS, export_requests
    from llmcost.pricing.currency import chosen_currency
    from llmcost.render.output import piped, replacing
    from llmcost.reports.choices import choice
    from llmcost.reports.question import Question, check_rates, selection

    settings = load_settings(config)
    zone = time_zone(tz or settings.tz)
    ending = "" if output is None else output.suffix.removeprefix(".")
    file_format = choice("--format", output_format or (ending if ending in FORMATS else "jsonl"), FORMATS)
    if output is None and file_format == "parquet" and sys.stdout.isatty():
        raise UsageError("a terminal cannot show Parquet", hint="name a file with --output")
    reported_in = chosen_currency(currency, settings)
    question = Question(
        where=tuple(where or ()),
        period=chosen_period(period=period, since=since, until=until, now=clock(as_of, zone), tz=zone),
        zone=zone,
        basis="requests",
        currency=reported_in.code,
        rates=reported_in.rates,
    )
    with reading(settings.ledger_path(db)) as ledger:
        chosen = selection(ledger, question)
        check_rates(ledger, chosen)
        if output is not None:
            with replacing(output) as path:
                written = export_requests(ledger, chosen, path, file_format)
        else:
            written = piped(lambda path: export_requests(ledger, chosen, path, file_format))
    if not written:
        diagnostics.note("no requests in this period")
