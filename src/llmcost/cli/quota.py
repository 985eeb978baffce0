"""`llmcost quota`: what is wrong with the limits a gateway is told."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from llmcost.cli import quota_migrate, quota_request, quota_simulate, quota_suggest
from llmcost.cli.options import Db, ReadWait, Since, Until
from llmcost.cli.quota_simulate import Roster, read_configs, roster_of

if TYPE_CHECKING:
    from llmcost.config.settings import Settings
    from llmcost.domain.finding import Findings
    from llmcost.quota.check import Known
    from llmcost.quota.fixes import Fixed

Paths = Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files or folders.", show_default=False)]
Format = Annotated[Literal["table", "json"], typer.Option("--format", help="How to show it.")]


def register(app: typer.Typer) -> None:
    """Add the group to the command line."""
    group = typer.Typer(help="Check rate limits and budgets of gateways.", rich_markup_mode=None)
    group.command("check")(check)
    group.command("exposure")(exposure)
    group.command("explain")(explain)
    group.command("rules")(rules)
    group.command("schema")(schema)
    quota_simulate.add_to(group)
    quota_suggest.add_to(group)
    quota_request.add_to(group)
    quota_migrate.add_to(group)
    app.add_typer(group, name="quota")


def check(
    paths: Paths,
    *,
    select: Annotated[
        list[str] | None, typer.Option("--select", metavar="CODES", help="Only these checks: codes, prefixes or names.")
    ] = None,
    ignore: Annotated[list[str] | None, typer.Option("--ignore", metavar="CODES", help="Not these checks.")] = None,
    fail_on: Annotated[
        str, typer.Option("--fail-on", metavar="SEVERITY", help="Exit 1 from error, warning or info on, or never.")
    ] = "error",
    pedantic: Annotated[bool, typer.Option("--pedantic", help="Matters of taste too.")] = False,
    semantics: Annotated[
        str | None,
        typer.Option("--semantics", metavar="PROFILE", help="How rules decide; by the config's type if not given."),
    ] = None,
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
    fix: Annotated[bool, typer.Option("--fix", help="Mend what can be mended safely.")] = False,
    unsafe_fixes: Annotated[
        bool, typer.Option("--unsafe-fixes", help="Take fixes that want a look first too.")
    ] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Show what the fixes would change, write nothing.")] = False,
    diff_base: Annotated[
        list[Path] | None,
        typer.Option("--diff-base", metavar="OLD", help="Only findings that this older config does not have."),
    ] = None,
    roster: Roster = None,
    no_data: Annotated[bool, typer.Option("--no-data", help="Do not look at past requests.")] = False,
    since: Since = None,
    until: Until = None,
    provider_limits: Annotated[
        Path | None,
        typer.Option("--provider-limits", metavar="FILE", help="What providers allow: a file of `limits:`."),
    ] = None,
    max_exposure: Annotated[
        str | None,
        typer.Option("--max-exposure", metavar="USD", help="What a limit may let be spent in 30 days at past prices."),
    ] = None,
    wait: ReadWait = 5,
    db: Db = None,
    config: Annotated[
        Path | None, typer.Option("--config", metavar="PATH", help="llmcost.yaml (or LLMCOST_CONFIG).")
    ] = None,
) -> None:
    """Find what is wrong in gateway configs. Typos, rules that never apply, limits that cannot bind.

    A line `# llmcost: ignore[CODE] why` silences a finding on it or on the next line. Where there is a ledger, limits are also
    held against its last 30 days, or those from --since on.
    """
    import sys
    from contextlib import ExitStack
    from dataclasses import replace

    from llmcost.cli.options import names
    from llmcost.cli.outputs import chosen_formats
    from llmcost.cli.quota_history import past_requests
    from llmcost.config.settings import load_settings
    from llmcost.domain.errors import ExitCode
    from llmcost.domain.finding import SEVERITIES
    from llmcost.quota import fixes
    from llmcost.quota.files import opened
    from llmcost.quota.run import check as run
    from llmcost.quota.run import choice, lacking, newer
    from llmcost.quota.semantics import semantics_named
    from llmcost.render import output as destination
    from llmcost.render.findings import FINDINGS_FORMATS, render_findings
    from llmcost.render.surface import Surface, surface_of
    from llmcost.reports.choices import choice as choice_of

    formats = chosen_formats(output_format, output_file, FINDINGS_FORMATS)
    threshold = choice_of("--fail-on", fail_on, (*SEVERITIES, "never"))
    chosen = choice(names(select), names(ignore), pedantic=pedantic)
    settings = load_settings(config)
    known = _known(settings, pedantic=pedantic, provider_limits=provider_limits, max_exposure=max_exposure)
    teams = roster_of(roster)
    files, others = opened(paths, semantics=semantics, roster=teams)
    base = None if diff_base is None else opened(diff_base, semantics=semantics, roster=teams)[0]
    if fix or diff:
        profile = None if semantics is None else semantics_named(semantics)
        changes, after = fixes.fixed(files, chosen, known, unsafe=unsafe_fixes, semantics=profile, roster=teams)
        _mend(changes, len(files), only_shown=diff)
        files = files if diff else after
    with ExitStack() as stack:
        if not no_data and lacking(chosen, known):
            past = stack.enter_context(past_requests(settings, db, since=since, until=until, wait=wait))
            known = replace(known, history=past)
        result = run(files, chosen, known, unread=others)
        if base is not None:
            result = newer(result, run(base, chosen, known))
    if not diff:
        destination.write(render_findings(result, formats.stdout, surface_of(sys.stdout)))
    for name, path in formats.files:
        destination.write(render_findings(result, name, Surface()), path)
    _tell(result, [] if no_data else lacking(chosen, known))
    if result.fails(threshold):
        raise typer.Exit(ExitCode.FINDING)


def exposure(
    paths: Paths,
    *,
    output_format: Format = "table",
    config: Annotated[
        Path | None, typer.Option("--config", metavar="PATH", help="llmcost.yaml (or LLMCOST_CONFIG).")
    ] = None,
) -> None:
    """Show what each limit would let be spent at most. In dollars a month of 30 days.

    Limit x price x time: for tokens at the dearest price of the models a rule names.
    """
    import sys

    from llmcost.config.settings import load_settings
    from llmcost.domain.period import clock
    from llmcost.pricing.price_list import load_price_list
    from llmcost.quota.exposure import exposures
    from llmcost.render import output as destination
    from llmcost.render.exposure import exposure_json, exposure_table
    from llmcost.render.surface import surface_of

    configs, _ = read_configs(paths, None)
    prices = load_price_list(load_settings(config).pricing)
    found = exposures(configs, prices, clock())
    text = exposure_json(found) if output_format == "json" else exposure_table(found, surface_of(sys.stdout))
    destination.write(text)


def explain(
    code: Annotated[str, typer.Argument(metavar="CODE", help="A check's code or name.", show_default=False)],
) -> None:
    """Show what a check is about. Why it matters and how to mend it."""
    from llmcost.quota.check import rule_named
    from llmcost.render import output as destination
    from llmcost.render.rules import rule_page

    destination.write(rule_page(rule_named(code)))


def rules(*, output_format: Format = "table") -> None:
    """List every check."""
    from llmcost.quota.check import catalogue
    from llmcost.render import output as destination
    from llmcost.render.rules import rule_list

    destination.write(rule_list(catalogue(), output_format))


def schema(
    dialect: Annotated[str | None, typer.Argument(metavar="[DIALECT]", help="One of those listed.")] = None,
) -> None:
    """Print the JSON Schema of a dialect, for editors. Without one, list the dialects."""
    from llmcost.domain.errors import UsageError
    from llmcost.domain.text import nearest
    from llmcost.quota.files import all_dialects
    from llmcost.quota.shape import json_schema
    from llmcost.render.json import dumped

    known = all_dialects()
    if dialect is None:
        width = max(map(len, known))
        for name, one in known.items():
            typer.echo(f"{name:<{width}}  {one.title}{'' if one.shape else ' (no schema)'}")
        return
    found = known.get(dialect)
    if found is None or found.shape is None:
        raise UsageError(f"no schema for {dialect!r}", hint=nearest(dialect, known) or f"use one of {', '.join(known)}")
    typer.echo(
        dumped(
            {
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "title": found.title,
                **json_schema(found.shape),
            }
        )
    )


def _known(settings: "Settings", *, pedantic: bool, provider_limits: Path | None, max_exposure: str | None) -> "Known":
    from functools import cache

    from llmcost.cli.quota_suggest import dollars
    from llmcost.domain.period import clock
    from llmcost.pricing.price_list import PriceList, load_price_list
    from llmcost.quota.changed import changed
    from llmcost.quota.check import Known
    from llmcost.quota.files import opened

    @cache
    def prices() -> PriceList:
        return load_price_list(settings.pricing)

    ceilings = () if provider_limits is None else opened([provider_limits])[0]
    return Known(
        day=clock().date(),
        pedantic=pedantic,
        load_prices=prices,
        ceilings=tuple(one for file in ceilings for one in file.configs),
        most_spent=dollars("--max-exposure", max_exposure),
        changed=changed,
    )


def _tell(result: "Findings", left_out: list[str]) -> None:
    """Say how the files were read, which checks did not run, and what all of it comes to."""
    from llmcost.cli import diagnostics
    from llmcost.render.findings_text import summary

    for line in (*result.headers, *result.notes):
        diagnostics.note(line)
    if left_out:
        diagnostics.note("checks that compare with past requests were not run: they need a ledger")
    diagnostics.lines(summary(result))


def _mend(changes: "list[Fixed]", count: int, *, only_shown: bool) -> None:
    """Write what the fixes change, or show it."""
    from llmcost.cli import diagnostics
    from llmcost.quota import fixes
    from llmcost.render import output as destination

    if only_shown:
        destination.write(fixes.difference(changes))
    else:
        fixes.write(changes)
    done = sum(change.count for change in changes)
    diagnostics.note(f"{done:,} {'would be mended' if only_shown else 'mended'} in {len(changes):,} of {count:,} files")
