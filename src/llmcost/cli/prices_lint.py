"""`llmcost prices lint`: everything doubtful in a price file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmcost.cli.options import Config, Output

if TYPE_CHECKING:
    from llmcost.pricing.findings import PriceFinding

_FAIL_ON = ("warning", "error")
_FORMATS = ("table", "json")


def register_price_command(group: typer.Typer) -> None:
    """Add the command to `llmcost prices`."""
    group.command("lint")(lint)


def lint(
    *,
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="[PATH]...", help="Price files; those of llmcost.yaml.")
    ] = None,
    fail_on: Annotated[
        str | None, typer.Option("--fail-on", metavar="SEVERITY", help="Exit 1 from here on: warning or error; error.")
    ] = None,
    output_format: Annotated[str | None, typer.Option("--format", metavar="FORMAT", help="table or json.")] = None,
    output: Output = None,
    config: Config = None,
) -> None:
    """Find everything doubtful in price files. Mistakes, gaps, and numbers nobody can have meant.

    Without a PATH, the files under `pricing:` in llmcost.yaml; without any there, the built-in list.
    """
    import sys

    from llmcost.cli import diagnostics
    from llmcost.cli.outputs import format_of_file
    from llmcost.config.settings import load_settings
    from llmcost.domain.errors import ExitCode
    from llmcost.domain.text import plural
    from llmcost.pricing.layers import built_in
    from llmcost.pricing.price_lint import lint_price_file
    from llmcost.render import output as destination
    from llmcost.render.price_lint import lint_json, lint_table
    from llmcost.render.surface import Surface, surface_of
    from llmcost.reports.choices import choice

    chosen = format_of_file(output, output_format, _FORMATS, "table")
    least = choice("--fail-on", fail_on or "error", _FAIL_ON)
    files = paths or list(load_settings(config).pricing) or [built_in()]
    found = [finding for path in files for finding in lint_price_file(path)]
    surface = Surface() if output is not None else surface_of(sys.stdout)
    destination.write(lint_json(found) if chosen == "json" else lint_table(found, surface), output)
    if not found:
        diagnostics.note(f"{plural(len(files), 'price file')}, nothing found")
    if any(_counts(one, least) for one in found):
        raise typer.Exit(ExitCode.FINDING)


def _counts(finding: "PriceFinding", least: str) -> bool:
    return _FAIL_ON.index(finding.severity) >= _FAIL_ON.index(least)
