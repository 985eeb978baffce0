"""`llmcost doctor`: whether the ledger, its sources and the price list are well."""

import sys
from typing import Annotated, Literal

import typer

from llmcost.cli.options import AsOf, Config, Db, Output
from llmcost.cli.outputs import format_of_file


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("doctor")(doctor)


def doctor(
    *,
    offline: Annotated[bool, typer.Option("--offline", help="Ask no gateway.")] = False,
    output_format: Annotated[
        Literal["table", "json"] | None, typer.Option("--format", help="How to show it.", show_default="table")
    ] = None,
    output: Output = None,
    as_of: AsOf = None,
    wait: Annotated[
        float,
        typer.Option("--wait", metavar="SECONDS", min=0, show_default=False, help="How long to wait for a writer; 2."),
    ] = 2,
    db: Db = None,
    config: Config = None,
) -> None:
    """Say what is wrong with ledger, prices, gateways and paths. Looks at every gateway and path of llmcost.yaml.

    Of a gateway: whether it can be reached, whether it takes the key, how fresh its requests are and how many have tags.
    Exit code 2 for a wrong configuration, else 3 for missing or stale data, else 4 where a gateway did not answer.
    """
    from llmcost.cli.retyped import retyped
    from llmcost.compose.doctor import examine
    from llmcost.config.settings import load_settings
    from llmcost.domain.period import clock, time_zone
    from llmcost.render import output as destination
    from llmcost.render.doctor import as_json, as_text
    from llmcost.render.surface import Surface, surface_of

    chosen = format_of_file(output, output_format, ("table", "json"), "table")
    settings = load_settings(config)
    found = examine(
        settings,
        settings.ledger_path(db).absolute(),
        now=clock(as_of, time_zone(settings.tz)),
        offline=offline,
        wait=wait,
        options=retyped(("--db", db)),
    )
    surface = Surface() if output is not None else surface_of(sys.stdout)
    destination.write(as_json(found) if chosen == "json" else as_text(found, surface), output)
    if found.exit_code:
        raise typer.Exit(found.exit_code)
