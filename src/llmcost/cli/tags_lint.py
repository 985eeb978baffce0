"""`llmcost tags lint`, `rules` and `explain`: what is wrong with tags, in a ledger or in Python files."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from llmcost.cli.options import AsOf, Config, Db, PeriodOption, ReadWait, Since, Tz, Until, Where

if TYPE_CHECKING:
    from llmcost.domain.finding import Findings


def add_to(group: typer.Typer) -> None:
    """Add the commands to the group."""
    group.command("lint")(lint)
    group.command("rules")(rules)
    group.command("explain")(explain)


def lint(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[PATH...]", help="Python files, or folders of them; none: the ledger.", show_default=False
        ),
    ] = None,
    *,
    select: Annotated[
        list[str] | None, typer.Option("--select", metavar="CODES", help="Only these checks: codes, prefixes or names.")
    ] = None,
    ignore: Annotated[list[str] | None, typer.Option("--ignore", metavar="CODES", help="Not these checks.")] = None,
    fail_on: Annotated[
        str, typer.Option("--fail-on", metavar="SEVERITY", help="Exit 1 from error, warning or info on, or never.")
    ] = "error",
    where: Where = None,
    period: PeriodOption = None,
    since: Since = None,
    until: Until = None,
    tz: Tz = None,
    as_of: AsOf = None,
    output_format: Annotated[
        str,
        typer.Option(
            "--format", metavar="FORMAT", help="full, concise, json, sarif, github, gitlab, junit or markdown."
        ),
    ] = "full",
    output_file: Annotated[
        list[str] | None,
        typer.Option("--output-file", metavar="FORMAT=PATH", help="Write there as well; may be repeated."),
    ] = None,
    wait: ReadWait = 5,
    db: Db = None,
    config: Config = None,
) -> None:
    """Find what is wrong with tags. Spelling, near-duplicates, too many values, missing, unknown, stale or secret ones.

    Without paths the ledger is looked at, and what `tags: {files: ...}` in llmcost.yaml names. With paths, only the tags that
    are written in those programs; a comment `# llmcost: ignore[CODE] why` silences a finding there.
    """
    import sys

    from llmcost.cli.options import names
    from llmcost.cli.outputs import chosen_formats
    from llmcost.cli.tags import asked
    from llmcost.config.settings import load_settings
    from llmcost.domain.errors import ExitCode
    from llmcost.domain.finding import SEVERITIES
    from llmcost.ledger.database import reading
    from llmcost.render import output as destination
    from llmcost.render.findings import FINDINGS_FORMATS, render_findings
    from llmcost.render.surface import Surface, surface_of
    from llmcost.reports.choices import choice as choice_of
    from llmcost.reports.question import selection
    from llmcost.tags.run import choice, lint_ledger, lint_python, together
    from llmcost.tags.usage import usage

    formats = chosen_formats(output_format, output_file, FINDINGS_FORMATS)
    threshold = choice_of("--fail-on", fail_on, (*SEVERITIES, "never"))
    chosen = choice(names(select), names(ignore))
    settings = load_settings(config)
    parts: list[Findings] = []
    if not paths:
        question = asked(settings, where=where, period=period, since=since, until=until, tz=tz, as_of=as_of)
        path = settings.ledger_path(db)
        with reading(path, wait=wait) as ledger:
            found = usage(ledger, selection(ledger, question), settings.attribution)
        parts.append(lint_ledger(found, settings, chosen, path))
    if paths or settings.tags.files:
        parts.append(lint_python(paths or settings.tags.files, settings, chosen))
    result = together(parts)
    destination.write(render_findings(result, formats.stdout, surface_of(sys.stdout)))
    for name, target in formats.files:
        destination.write(render_findings(result, name, Surface()), target)
    _tell(result)
    if result.fails(threshold):
        raise typer.Exit(ExitCode.FINDING)


def rules(
    *, output_format: Annotated[Literal["table", "json"], typer.Option("--format", help="How to show it.")] = "table"
) -> None:
    """List every check of tags."""
    from llmcost.render import output as destination
    from llmcost.render.rules import rule_list
    from llmcost.tags.check import catalogue

    destination.write(rule_list(catalogue(), output_format))


def explain(
    code: Annotated[str, typer.Argument(metavar="CODE", help="A check's code or name.", show_default=False)],
) -> None:
    """Show what a check of tags is about. Why it matters and how to mend it."""
    from llmcost.render import output as destination
    from llmcost.render.rules import rule_page
    from llmcost.tags.check import rule_named

    destination.write(rule_page(rule_named(code)))


def _tell(result: "Findings") -> None:
    from llmcost.cli import diagnostics
    from llmcost.render.findings_text import summary

    for line in result.notes:
        diagnostics.note(line)
    diagnostics.lines(summary(result))
