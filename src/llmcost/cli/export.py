"""`llmcost export`: the ledger's requests as files other tools, and llmcost itself, can read.

A module `export_NAME.py` beside this one adds a command to the group: it has a function `register_export_command(group)`,
which is found and called here. Such modules stand in help after the command of this file, by name.
"""

import importlib
import pkgutil
from pathlib import Path
from typing import Annotated

import typer

from llmcost import cli
from llmcost.cli import diagnostics
from llmcost.cli.options import (
    AsOf,
    Config,
    CurrencyOption,
    Db,
    Output,
    PeriodOption,
    ReadWait,
    Since,
    Tz,
    Until,
    Where,
)


def register(app: typer.Typer) -> None:
    """Add the group to the command line."""
    group = typer.Typer(help="Write what the ledger holds to files.", rich_markup_mode=None)
    group.callback()(lambda: None)
    group.command("requests")(requests)
    for module in sorted(one.name for one in pkgutil.iter_modules(cli.__path__) if one.name.startswith("export_")):
        importlib.import_module(f"{cli.__name__}.{module}").register_export_command(group)
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
    columns: Annotated[
        str, typer.Option("--columns", metavar="SHAPE", help="native, to read back, or requests_v1, the stable view.")
    ] = "native",
    partition: Annotated[
        str | None, typer.Option("--partition", metavar="day", help="One Parquet file a day below the folder --output.")
    ] = None,
    safe: Annotated[
        bool, typer.Option("--safe", help="In CSV, defuse formulas and control characters; not for reading back.")
    ] = False,
    output_format: Annotated[
        str | None,
        typer.Option("--format", metavar="FORMAT", help="jsonl, csv, parquet or xlsx; by default as FILE ends."),
    ] = None,
    output: Output = None,
    wait: ReadWait = 5,
    db: Db = None,
    config: Config = None,
) -> None:
    """Write every request as a native record with its cost.

    With --currency, records also have `converted_cost` and `converted_currency`. `llmcost ingest` reads these files back, but
    for xlsx. They hold what the log held: a CSV may hold formulas, but with --safe, and an xlsx holds none.
    """
    import sys

    from llmcost.cli.outputs import format_of_file
    from llmcost.config.settings import load_settings
    from llmcost.domain.errors import UsageError
    from llmcost.domain.period import chosen_period, clock, time_zone
    from llmcost.ledger.database import reading
    from llmcost.ledger.exports import FORMATS, SHAPES, export_requests, request_rows
    from llmcost.ledger.partitions import export_days
    from llmcost.pricing.currency import chosen_currency
    from llmcost.render.excel import export_sheets
    from llmcost.render.output import piped, replacing
    from llmcost.render.rows_csv import rows_csv
    from llmcost.reports.choices import choice
    from llmcost.reports.question import Question, check_rates, selection

    settings = load_settings(config)
    zone = time_zone(tz or settings.tz)
    shape = choice("--columns", columns, SHAPES)
    known = (*FORMATS, "xlsx")
    file_format = format_of_file(output, output_format or ("parquet" if partition else None), known, "jsonl")
    if partition is not None:
        choice("--partition", partition, ("day",))
        if file_format != "parquet" or output is None:
            raise UsageError("--partition day writes Parquet into a folder", hint="name the folder with --output")
    if safe and file_format != "csv":
        raise UsageError("--safe is for CSV", hint="the other formats hold no formulas")
    if output is None and file_format == "xlsx":
        raise UsageError("an Excel file is not written to stdout", hint="name a file with --output")
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
    with reading(settings.ledger_path(db), wait=wait) as ledger:
        chosen = selection(ledger, question)
        check_rates(ledger, chosen)

        def write(path: Path) -> int:
            if file_format == "xlsx":
                return export_sheets(ledger, chosen, path, shape)
            if safe:
                return rows_csv(*request_rows(ledger, chosen, shape), path)
            return export_requests(ledger, chosen, path, choice("--format", file_format, FORMATS), shape)

        if partition is not None and output is not None:
            written, _ = export_days(ledger, chosen, output, shape)
        elif output is not None:
            with replacing(output) as path:
                written = write(path)
        else:
            written = piped(write)
    if not written:
        diagnostics.note("no requests in this period")
