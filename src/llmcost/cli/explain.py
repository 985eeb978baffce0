"""`llmcost explain`: why one request costs what it costs."""

from typing import Annotated

import typer

from llmcost.cli.options import Config, Db, Output, ReadWait


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("explain")(explain)


def explain(
    request_id: Annotated[
        str,
        typer.Argument(
            metavar="REQUEST_ID", help="As the log has it, or the start of a row's key.", show_default=False
        ),
    ],
    *,
    output_format: Annotated[
        str | None, typer.Option("--format", metavar="FORMAT", help="table, json or markdown.")
    ] = None,
    output: Output = None,
    wait: ReadWait = 5,
    db: Db = None,
    config: Config = None,
) -> None:
    """Show how a request's cost comes about, line by line. Also which lines of which log it was read from."""
    import sys

    from llmcost.cli.outputs import format_of_file
    from llmcost.config.settings import load_settings
    from llmcost.ingest.trace import trace
    from llmcost.ledger.database import reading
    from llmcost.pricing.price_list import load_price_list
    from llmcost.render import output as destination
    from llmcost.render.explain import FORMATS, explanation
    from llmcost.render.surface import Surface, surface_of
    from llmcost.reports.explain import explained

    settings = load_settings(config)
    chosen = format_of_file(output, output_format, FORMATS, "table")
    prices = load_price_list(settings.pricing)
    path = settings.ledger_path(db)
    with reading(path, wait=wait) as ledger:
        found = explained(ledger, request_id, prices)
    traces = trace(path, [one.row for one in found], settings.attribution, wait=wait)
    surface = Surface() if output is not None else surface_of(sys.stdout)
    destination.write(explanation(found, traces, chosen, surface), output)
