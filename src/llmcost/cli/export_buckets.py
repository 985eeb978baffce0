"""`llmcost export buckets`: the usage exports in the ledger, bucket by bucket."""

from typing import Annotated

import typer

from llmcost.cli import diagnostics
from llmcost.cli.options import AsOf, Config, Db, Output, PeriodOption, ReadWait, Since, Tz, Until


def register_export_command(group: typer.Typer) -> None:
    """Add the command to the group."""
    group.command("buckets")(buckets)


def buckets(
    *,
    period: PeriodOption = None,
    since: Since = None,
    until: Until = None,
    tz: Tz = None,
    as_of: AsOf = None,
    output_format: Annotated[
        str | None, typer.Option("--format", metavar="FORMAT", help="jsonl, csv or parquet; by default as FILE ends.")
    ] = None,
    output: Output = None,
    wait: ReadWait = 5,
    db: Db = None,
    config: Config = None,
) -> None:
    """Write every usage bucket with its cost.

    `counted` says what reports take of one: usage, cost, both or none, where another export tells of the same traffic.
    """
    import sys

    from llmcost.cli.outputs import format_of_file
    from llmcost.config.settings import load_settings
    from llmcost.domain.errors import UsageError
    from llmcost.domain.period import chosen_period, clock, time_zone
    from llmcost.ledger.bucket_exports import export_buckets
    from llmcost.ledger.database import reading
    from llmcost.ledger.exports import FORMATS
    from llmcost.render.output import piped, replacing

    settings = load_settings(config)
    zone = time_zone(tz or settings.tz)
    file_format = format_of_file(output, output_format, FORMATS, "jsonl")
    if output is None and file_format == "parquet" and sys.stdout.isatty():
        raise UsageError("a terminal cannot show Parquet", hint="name a file with --output")
    chosen = chosen_period(period=period, since=since, until=until, now=clock(as_of, zone), tz=zone)
    with reading(settings.ledger_path(db), wait=wait) as ledger:
        if output is not None:
            with replacing(output) as path:
                written = export_buckets(ledger, chosen, zone, path, file_format)
        else:
            written = piped(lambda path: export_buckets(ledger, chosen, zone, path, file_format))
    if not written:
        diagnostics.note("no usage buckets in this period")
