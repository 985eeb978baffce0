"""`llmcost dashboard`: what the ledger knows, for executives, engineers and customer success."""

from pathlib import Path
from typing import Annotated

import typer

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
from llmcost.cli.outputs import format_of_file


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("dashboard")(dashboard)


def dashboard(
    name: Annotated[str, typer.Argument(metavar="NAME", help="exec, engineering or customers.", show_default=False)],
    *,
    where: Where = None,
    period: PeriodOption = None,
    since: Since = None,
    until: Until = None,
    tz: Tz = None,
    as_of: AsOf = None,
    basis: Annotated[
        str | None, typer.Option("--basis", metavar="BASIS", help="requests or exports; requests if there are any.")
    ] = None,
    currency: CurrencyOption = None,
    plans: Annotated[
        Path | None, typer.Option("--plans", metavar="FILE", help="Plans whose limits customers are held against.")
    ] = None,
    savings: Annotated[
        bool, typer.Option("--savings", help="Also look for waste, as `llmcost outliers` does; takes longer.")
    ] = False,
    output_format: Annotated[
        str | None, typer.Option("--format", metavar="FORMAT", help="table, html or json; html for --output FILE.html.")
    ] = None,
    output: Output = None,
    wait: ReadWait = 5,
    db: Db = None,
    config: Config = None,
) -> None:
    """Show a dashboard, or write it as a page. The page is one HTML file that loads nothing.

    Every number is one that `llmcost report` gives; each panel says with which options.
    """
    import sys

    from llmcost.cli import diagnostics
    from llmcost.compose.dashboards._asking import Wanted
    from llmcost.compose.dashboards._registry import dashboard as made
    from llmcost.compose.dashboards._registry import dashboard_names
    from llmcost.config.settings import load_settings
    from llmcost.domain.period import chosen_period, clock, time_zone
    from llmcost.ledger.composition import BASES
    from llmcost.ledger.database import reading
    from llmcost.outliers.decisions import dismissed, read_decisions
    from llmcost.pricing.currency import chosen_currency
    from llmcost.render import output as destination
    from llmcost.render.dashboards import DASHBOARD_FORMATS, render_dashboard
    from llmcost.render.surface import Surface, surface_of
    from llmcost.reports.choices import choice
    from llmcost.reports.question import Question

    settings = load_settings(config)
    chosen = choice("NAME", name, dashboard_names())
    chosen_format = format_of_file(output, output_format, DASHBOARD_FORMATS, "table")
    zone = time_zone(tz or settings.tz)
    now = clock(as_of, zone)
    reported_in = chosen_currency(currency, settings)
    question = Question(
        where=tuple(where or ()),
        period=chosen_period(period=period, since=since, until=until, now=now, tz=zone),
        zone=zone,
        basis=None if basis is None else choice("--basis", basis, BASES),
        currency=reported_in.code,
        rates=reported_in.rates,
    )
    wanted = Wanted(
        question=question,
        settings=settings,
        now=now,
        plans=plans,
        dismissed=dismissed(read_decisions(Path("llmcost-findings.yaml")), now.date()) if savings else None,
        span=_given(("--period", period), ("--since", since), ("--until", until), ("--as-of", as_of)),
        options=_given(
            *(("--where", term) for term in where or ()),
            ("--tz", tz),
            ("--basis", basis),
            ("--currency", currency),
            ("--db", db),
            ("--config", config),
        ),
    )
    with reading(settings.ledger_path(db), wait=wait) as ledger:
        board = made(ledger, chosen, wanted)
    for line in board.notes:
        diagnostics.note(line)
    surface = Surface() if output is not None else surface_of(sys.stdout)
    unicode = output is not None or (sys.stdout.encoding or "").lower().startswith("utf")
    destination.write(render_dashboard(board, chosen_format, surface, unicode=unicode), output)


def _given(*pairs: tuple[str, object]) -> tuple[tuple[str, str], ...]:
    """The options that were typed, as they would be typed again."""
    return tuple((name, str(value)) for name, value in pairs if value is not None)
