"""`llmcost export prices`: what every exported request was priced at."""

from typing import Annotated

import typer

from llmcost.cli.options import AsOf, Config, Db, Output, PeriodOption, ReadWait, Since, Tz, Until, Where


def register_export_command(group: typer.Typer) -> None:
    """Add the command to the group."""
    group.command("prices")(prices)


def prices(
    *,
    where: Where = None,
    period: PeriodOption = None,
    since: Since = None,
    until: Until = None,
    tz: Tz = None,
    as_of: AsOf = None,
    output_format: Annotated[
        str | None, typer.Option("--format", metavar="FORMAT", help="json, csv or parquet; by default as FILE ends.")
    ] = None,
    output: Output = None,
    wait: ReadWait = 5,
    db: Db = None,
    config: Config = None,
) -> None:
    """Write what requests were priced at.

    The price sheet says what one of each unit cost at every price that requests were rated at. With it anybody can work out again what `llmcost export requests` says they cost.
    """
    import sys

    from llmcost.cli.outputs import format_of_file
    from llmcost.config.settings import load_settings
    from llmcost.domain.errors import UsageError
    from llmcost.domain.period import chosen_period, clock, time_zone
    from llmcost.ledger.database import reading
    from llmcost.pricing.price_sheet import price_sheet
    from llmcost.render.output import piped, replacing, write
    from llmcost.render.price_sheet import FORMATS, sheet_file, sheet_text
    from llmcost.reports.question import Question, selection

    settings = load_settings(config)
    zone = time_zone(tz or settings.tz)
    chosen_format = format_of_file(output, output_format, FORMATS, "json")
    if output is None and chosen_format == "parquet" and sys.stdout.isatty():
        raise UsageError("a terminal cannot show Parquet", hint="name a file with --output")
    question = Question(
        where=tuple(where or ()),
        period=chosen_period(period=period, since=since, until=until, now=clock(as_of, zone), tz=zone),
        zone=zone,
        basis="requests",
    )
    with reading(settings.ledger_path(db), wait=wait) as ledger:
        sheet = price_sheet(ledger, selection(ledger, question))
    if chosen_format != "parquet":
        write(sheet_text(sheet, chosen_format), output)
    elif output is None:
        piped(lambda path: sheet_file(sheet, path))
    else:
        with replacing(output) as path:
            sheet_file(sheet, path)
