"""`llmcost export openmetrics`: what Prometheus scrapes."""

from typing import Annotated

import typer

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

SERIES = 1_000


def register_export_command(group: typer.Typer) -> None:
    """Add the command to the group."""
    group.command("openmetrics")(openmetrics)


def openmetrics(
    *,
    by: Annotated[
        list[str] | None,
        typer.Option("--by", metavar="A,B", help="Dimensions and tags for labels; provider,model,team."),
    ] = None,
    where: Where = None,
    period: PeriodOption = None,
    since: Since = None,
    until: Until = None,
    tz: Tz = None,
    as_of: AsOf = None,
    top: Annotated[
        int, typer.Option("--top", metavar="N", min=1, help="The N groups of most cost; all others are one.")
    ] = SERIES,
    currency: CurrencyOption = None,
    output: Output = None,
    wait: ReadWait = 5,
    db: Db = None,
    config: Config = None,
) -> None:
    """Write metrics for Prometheus to scrape.

    They are cost, calls, tokens and latency as OpenMetrics. A timer that writes a file for node_exporter, or any web server, is all Prometheus needs.
    """
    from llmcost.config.settings import load_settings
    from llmcost.domain.errors import UsageError
    from llmcost.domain.period import chosen_period, clock, time_zone
    from llmcost.ledger.database import reading
    from llmcost.ledger.filters import split_list
    from llmcost.ledger.keys import resolve
    from llmcost.pricing.currency import chosen_currency
    from llmcost.render.openmetrics import METRICS
    from llmcost.render.openmetrics import openmetrics as rendered
    from llmcost.render.output import write
    from llmcost.reports.cost_by import cost_by
    from llmcost.reports.question import Question

    settings = load_settings(config)
    zone = time_zone(tz or settings.tz)
    reported_in = chosen_currency(currency, settings)
    names = tuple(name for text in by or ("provider,model,team",) for name in split_list(text) if name)
    question = Question(
        by=names,
        where=tuple(where or ()),
        metrics=("cost", "requests", *METRICS),
        period=chosen_period(period=period, since=since, until=until, now=clock(as_of, zone), tz=zone),
        zone=zone,
        top=top,
        currency=reported_in.code,
        rates=reported_in.rates,
    )
    with reading(settings.ledger_path(db), wait=wait) as ledger:
        for name in names:
            if resolve(ledger, name).grain:
                raise UsageError(f"{name!r} is a span of time, not a label", hint="Prometheus keeps the time by itself")
        report = cost_by(ledger, question)
    if not report.rows:
        diagnostics.note("no requests in this period")
    if any(row.other for row in report.rows):
        diagnostics.note(
            f"groups beyond the {top:,} of most cost are one, called (other); --top sets how many are told apart"
        )
    write(rendered(report), output)
