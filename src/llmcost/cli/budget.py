"""`llmcost budget`: what may be spent, what was, and whether a build must fail."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmcost.cli import budget_baseline
from llmcost.cli.options import AsOf, BasisOption, Config, Db, ReadWait

if TYPE_CHECKING:
    from llmcost.budgets.checking import BudgetCheck
    from llmcost.config.settings import Settings

Names = Annotated[list[str] | None, typer.Argument(metavar="[NAME...]", help="Only these budgets.", show_default=False)]
OutputFile = Annotated[
    list[str] | None,
    typer.Option("--output-file", metavar="FORMAT=PATH", help="Write there as well; may be repeated."),
]


def register(app: typer.Typer) -> None:
    """Add the group to the command line."""
    group = typer.Typer(help="Hold spending against budgets.", rich_markup_mode=None)
    group.command("check")(check)
    group.command("status")(status)
    budget_baseline.add_to(group)
    app.add_typer(group, name="budget")


def check(
    names: Names = None,
    *,
    fail_on: Annotated[
        str, typer.Option("--fail-on", metavar="STATUS", help="Exit 1 from breached or warning on, or never.")
    ] = "breached",
    output_format: Annotated[
        str,
        typer.Option("--format", metavar="FORMAT", help="table, json, junit, sarif, github, gitlab or markdown."),
    ] = "table",
    output_file: OutputFile = None,
    basis: BasisOption = None,
    as_of: AsOf = None,
    wait: ReadWait = 5,
    db: Db = None,
    config: Config = None,
) -> None:
    """Compare what was spent with the budgets of llmcost.yaml. And with what its gate allows.

    Exit code 1 when a budget is reached or the gate fails, 3 when data is stale or missing.
    """
    from llmcost.cli.outputs import chosen_formats, written
    from llmcost.config.settings import load_settings
    from llmcost.domain.errors import ExitCode
    from llmcost.render.budgets import BUDGET_FORMATS, render_budgets
    from llmcost.render.surface import Surface
    from llmcost.reports.choices import choice

    chosen = chosen_formats(output_format, output_file, BUDGET_FORMATS)
    threshold = choice("--fail-on", fail_on, ("breached", "warning", "never"))
    found = checked(load_settings(config), names or (), as_of, db, basis, wait=wait)

    def rendered(name: str, surface: Surface) -> str:
        return render_budgets(found, choice("--format", name, BUDGET_FORMATS), surface)

    written(chosen, rendered, "table")
    code = found.exit_code
    if threshold == "warning" and any(one.warned for one in found.standings):
        code = ExitCode.FINDING
    if threshold == "never" and code == ExitCode.FINDING:
        code = ExitCode.DATA if found.missing else ExitCode.OK
    if code:
        raise typer.Exit(code)


def status(
    names: Names = None,
    *,
    output_format: Annotated[str, typer.Option("--format", metavar="FORMAT", help="table or json.")] = "table",
    basis: BasisOption = None,
    as_of: AsOf = None,
    wait: ReadWait = 5,
    db: Db = None,
    config: Config = None,
) -> None:
    """Show how much of each budget is used. How fast, and when it will be spent."""
    import sys

    from llmcost.config.settings import load_settings
    from llmcost.render import budget_status, output
    from llmcost.render.surface import surface_of
    from llmcost.reports.choices import choice

    chosen = choice("--format", output_format, ("table", "json"))
    found = checked(load_settings(config), names or (), as_of, db, basis, wait=wait)
    if chosen == "json":
        output.write(budget_status.json(found))
        return
    unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    output.write(budget_status.table(found, surface_of(sys.stdout), unicode=unicode))


def checked(
    settings: "Settings",
    names: "list[str] | tuple[str, ...]",
    as_of: str | None,
    db: Path | None,
    basis: str | None = None,
    *,
    wait: float = 5,
) -> "BudgetCheck":
    """The check of some budgets, or of all."""
    from llmcost.budgets.checking import check as run
    from llmcost.budgets.reading import named, read_budgets
    from llmcost.domain.errors import ConfigError
    from llmcost.domain.period import clock, time_zone
    from llmcost.ledger.composition import BASES
    from llmcost.ledger.database import reading
    from llmcost.reports.choices import choice

    asked = None if basis is None else choice("--basis", basis, BASES)
    budgets = named(read_budgets(settings), names)
    if not budgets:
        raise ConfigError(
            "no budgets to check", hint="add `budgets:` to llmcost.yaml; `llmcost init` writes an example"
        )
    now = clock(as_of, time_zone(settings.tz))
    with reading(settings.ledger_path(db), wait=wait) as ledger:
        return run(ledger, settings, budgets, now, basis=asked)
