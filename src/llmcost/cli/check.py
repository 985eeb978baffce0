"""`llmcost check`: everything llmcost.yaml asks for, with one exit code."""

from typing import Annotated

import typer

from llmcost.cli.options import AsOf, Config, Db, ReadWait


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("check")(check)


def check(
    *,
    fail_on: Annotated[
        str, typer.Option("--fail-on", metavar="SEVERITY", help="Lint findings that fail: error, warning or info.")
    ] = "error",
    output_format: Annotated[
        str,
        typer.Option("--format", metavar="FORMAT", help="table, json, junit, sarif, github, gitlab or markdown."),
    ] = "table",
    output_file: Annotated[
        list[str] | None,
        typer.Option("--output-file", metavar="FORMAT=PATH", help="Write there as well; may be repeated."),
    ] = None,
    as_of: AsOf = None,
    wait: ReadWait = 5,
    db: Db = None,
    config: Config = None,
) -> None:
    """Check everything llmcost.yaml asks for. That is budgets, gate, baseline, alerts, gateway configs and tags.

    Exit code 2 for a wrong configuration, else 1 for a breach or a finding, else 3 where data is stale or missing.
    """
    from llmcost.budgets.gate import place_of
    from llmcost.cli.outputs import chosen_formats, written
    from llmcost.compose.check import check as run
    from llmcost.config.settings import load_settings
    from llmcost.domain.finding import SEVERITIES
    from llmcost.domain.period import clock, time_zone
    from llmcost.render.budgets import BUDGET_FORMATS
    from llmcost.render.check import Shown, render_check
    from llmcost.render.surface import Surface
    from llmcost.reports.choices import choice

    chosen = chosen_formats(output_format, output_file, BUDGET_FORMATS)
    threshold = choice("--fail-on", fail_on, SEVERITIES)
    settings = load_settings(config)
    found = run(settings, now=clock(as_of, time_zone(settings.tz)), db=db, fail_on=threshold, wait=wait)
    shown = Shown(
        budgets=found.budgets,
        alerts=found.alerts,
        lint=found.lint,
        tags=found.tags,
        not_evaluated=[(one.part, one.reason) for one in found.not_evaluated],
        exit_code=int(found.exit_code),
        file=place_of(settings).file,
    )

    def rendered(name: str, surface: Surface) -> str:
        return render_check(shown, choice("--format", name, BUDGET_FORMATS), surface)

    written(chosen, rendered, "table")
    if found.exit_code:
        raise typer.Exit(found.exit_code)
