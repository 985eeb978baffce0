"""`llmcost report`: cost by any dimension, and the named reports."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmcost.cli import diagnostics
from llmcost.cli.options import (
    AsOf,
    By,
    Compare,
    Config,
    CurrencyOption,
    Db,
    Limit,
    Metrics,
    Output,
    PeriodOption,
    ReadWait,
    Since,
    Top,
    Tz,
    Until,
    Where,
)
from llmcost.cli.outputs import format_of_file

if TYPE_CHECKING:
    from llmcost.reports.record import Overview, Report, Study


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("report")(report)


def report(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="A named report; --list names them.", show_default=False)
    ] = None,
    *,
    list_: Annotated[bool, typer.Option("--list", help="Name the reports there are, and stop.")] = False,
    by: By = None,
    where: Where = None,
    metrics: Metrics = None,
    period: PeriodOption = None,
    since: Since = None,
    until: Until = None,
    tz: Tz = None,
    as_of: AsOf = None,
    compare: Compare = None,
    top: Top = None,
    limit: Limit = None,
    basis: Annotated[
        str | None, typer.Option("--basis", metavar="BASIS", help="requests or exports; requests if there are any.")
    ] = None,
    currency: CurrencyOption = None,
    spark: Annotated[
        bool | None,
        typer.Option(
            "--spark/--no-spark", help="Draw how costs went over time; bars by time are drawn on a terminal anyway."
        ),
    ] = None,
    output_format: Annotated[
        str | None,
        typer.Option(
            "--format", metavar="FORMAT", help="table, json, csv, markdown, html; parquet or xlsx into a file."
        ),
    ] = None,
    output: Output = None,
    wait: ReadWait = 5,
    db: Db = None,
    config: Config = None,
) -> None:
    """Break costs down by any dimension, tag or time. Without --by, an overview; with NAME, a report of that name.

    Dimensions are customer_id, model, feature and the like; any other name is a tag.
    """
    from llmcost.config.settings import load_settings
    from llmcost.domain.errors import UsageError
    from llmcost.domain.period import chosen_period, clock, time_zone
    from llmcost.ledger.composition import BASES
    from llmcost.ledger.database import reading
    from llmcost.ledger.filters import split_list
    from llmcost.pricing.currency import chosen_currency
    from llmcost.render import output as destination
    from llmcost.render.formats import FILES, FORMATS, PAGES
    from llmcost.reports.catalogue import definition, for_people, named_report
    from llmcost.reports.charges import with_charges
    from llmcost.reports.choices import choice
    from llmcost.reports.cost_by import cost_by
    from llmcost.reports.definition import Surroundings
    from llmcost.reports.overview import overview
    from llmcost.reports.question import Question
    from llmcost.reports.record import Overview, Report, Study
    from llmcost.reports.trends import with_trends

    chosen_format = format_of_file(output, output_format, (*FORMATS, *PAGES, *FILES), "table")
    if output is None and chosen_format in FILES:
        raise UsageError(f"{chosen_format} only goes to a file", hint="name it with --output")
    if list_:
        destination.write(_listed(as_json=chosen_format == "json", to_file=output is not None), output)
        return
    if name is not None:
        definition(name)
    settings = load_settings(config)
    zone = time_zone(tz or settings.tz)
    reported_in = chosen_currency(currency, settings)
    question = Question(
        by=tuple(name for text in by or () for name in split_list(text) if name),
        where=tuple(where or ()),
        metrics=tuple(name for text in metrics or () for name in split_list(text) if name),
        period=chosen_period(period=period, since=since, until=until, now=clock(as_of, zone), tz=zone),
        zone=zone,
        basis=None if basis is None else choice("--basis", basis, BASES),
        compare=compare is not None and choice("--compare", compare, ("previous",)) == "previous",
        top=top,
        limit=limit,
        currency=reported_in.code,
        rates=reported_in.rates,
    )
    with reading(settings.ledger_path(db), wait=wait) as ledger:
        if name is not None:
            found = named_report(ledger, name, question, Surroundings(production=settings.production))
            people = chosen_format in {"table", "markdown", *PAGES}
            document: Report | Study | Overview = for_people(found, question) if people else found
        elif not question.by and chosen_format in {"table", "markdown", *PAGES}:
            document = overview(ledger, question)
        else:
            document = cost_by(ledger, question)
        if spark and isinstance(document, Report):
            document = with_trends(ledger, question, document)
        document = with_charges(ledger, question, document, settings.pricing)
    for line in document.notes:
        diagnostics.note(line)
    if (
        chosen_format in {"json", "csv", *FILES}
        and isinstance(document, Report)
        and len(document.rows) < document.row_count
    ):
        diagnostics.note(f"{len(document.rows):,} of {document.row_count:,} rows shown; raise --limit for more")
    _write(document, chosen_format, output, drawings=spark)


def _write(
    document: "Report | Study | Overview", format_name: str, output: Path | None, *, drawings: bool | None
) -> None:
    """Write the report where it goes: text to stdout or a file, anything else to a file."""
    import sys
    from dataclasses import replace

    from llmcost.render import output as destination
    from llmcost.render.formats import FILES, FORMATS, PAGES, render, render_file
    from llmcost.render.surface import Surface, surface_of
    from llmcost.reports.choices import choice

    if output is not None and format_name in FILES:
        with destination.replacing(output) as path:
            render_file(document, choice("--format", format_name, FILES), path)
        return
    surface = replace(Surface() if output is not None else surface_of(sys.stdout), drawings=drawings)
    destination.write(render(document, choice("--format", format_name, (*FORMATS, *PAGES)), surface), output)


def _listed(*, as_json: bool, to_file: bool) -> str:
    """The named reports and what each tells, folded to the terminal."""
    import sys

    from llmcost.render.drawing import wrapped
    from llmcost.render.surface import surface_of
    from llmcost.reports.catalogue import about, report_names

    entries = [(name, about(name)) for name in report_names()]
    if as_json:
        reports = [{"name": name, "about": text} for name, text in entries]
        return json.dumps({"schema": "llmcost/reports/1", "reports": reports}, indent=2, ensure_ascii=False) + "\n"
    width = max(len(name) for name, _ in entries)
    across = None if to_file else surface_of(sys.stdout).width
    lines = [f"{name:<{width}}  {text}" for name, text in entries]
    if across is not None and across > 2 * width:
        lines = [part for line in lines for part in wrapped(line, across, " " * (width + 2))]
    return "".join(f"{line}\n" for line in lines)
