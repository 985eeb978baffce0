"""`llmcost export focus`: charges after the FinOps Foundation's standard."""

from typing import Annotated

import typer

from llmcost.cli import diagnostics
from llmcost.cli.options import AsOf, Config, Db, Output, PeriodOption, ReadWait, Since, Tz, Until, Where


def register_export_command(group: typer.Typer) -> None:
    """Add the command to the group."""
    group.command("focus")(focus)


def focus(
    *,
    where: Where = None,
    period: PeriodOption = None,
    since: Since = None,
    until: Until = None,
    tz: Tz = None,
    as_of: AsOf = None,
    grain: Annotated[
        str, typer.Option("--grain", metavar="SPAN", help="hour or day, UTC: the period of a charge.")
    ] = "day",
    tags: Annotated[
        list[str] | None,
        typer.Option("--tags", metavar="A,B", help="Dimensions to keep as tags; customer_id, team, feature, ..."),
    ] = None,
    account: Annotated[
        str | None, typer.Option("--billing-account", metavar="ID", help="Your account; each provider's name.")
    ] = None,
    output_format: Annotated[
        str | None, typer.Option("--format", metavar="FORMAT", help="csv, parquet or xlsx; by default as FILE ends.")
    ] = None,
    output: Output = None,
    wait: ReadWait = 5,
    db: Db = None,
    config: Config = None,
) -> None:
    """Write charges after FOCUS 1.2.

    There is a row for each class of tokens or other unit, each day and each group. Unpriced, free and subscription calls are no charges; how many there are is noted.
    """
    import sys
    from dataclasses import replace
    from pathlib import Path

    from llmcost.cli.outputs import format_of_file
    from llmcost.config.settings import load_settings
    from llmcost.domain.errors import UsageError
    from llmcost.domain.period import chosen_period, clock, time_zone
    from llmcost.domain.text import plural
    from llmcost.exports.focus import GRAINS, TAGS, Layout, charges, left_out, write_parquet
    from llmcost.ledger.database import reading
    from llmcost.ledger.filters import split_list
    from llmcost.pricing.charges import charge_lines, named_in
    from llmcost.pricing.price_list import load_price_list
    from llmcost.render.excel import excel_table
    from llmcost.render.output import piped, replacing
    from llmcost.render.rows_csv import rows_csv
    from llmcost.reports.choices import choice
    from llmcost.reports.question import Question, selection

    settings = load_settings(config)
    zone = time_zone(tz or settings.tz)
    known = ("csv", "parquet", "xlsx")
    file_format = format_of_file(output, output_format, known, "csv")
    if output is None and (file_format == "xlsx" or (file_format == "parquet" and sys.stdout.isatty())):
        raise UsageError(f"{file_format} is not written here", hint="name a file with --output")
    layout = Layout(
        grain=choice("--grain", grain, GRAINS),
        tags=TAGS if tags is None else tuple(name for text in tags for name in split_list(text) if name),
        account=account,
    )
    question = Question(
        where=tuple(where or ()),
        period=chosen_period(period=period, since=since, until=until, now=clock(as_of, zone), tz=zone),
        zone=zone,
        basis="requests",
    )
    with reading(settings.ledger_path(db), wait=wait) as ledger:
        chosen = selection(ledger, question)
        # What no call causes is no part of a selection.
        if not question.where and named_in(settings.pricing):
            beside = charge_lines(ledger, load_price_list(settings.pricing), question.period, daily=True)
            layout = replace(layout, beside=beside)

        def write(path: Path) -> int:
            if file_format == "parquet":
                return write_parquet(ledger, chosen, layout, path)
            names, rows = charges(ledger, chosen, layout)
            return rows_csv(names, rows, path) if file_format == "csv" else excel_table("Charges", names, rows, path)

        if output is not None:
            with replacing(output) as path:
                written = write(path)
        else:
            written = piped(write)
        others = left_out(ledger, chosen)
    if not written:
        diagnostics.note("no charges in this period")
    if others:
        told = ", ".join(f"{count:,} {reason}" for reason, count in others.items())
        diagnostics.note(f"{plural(sum(others.values()), 'request')} left out, being no charge: {told}")
