"""`llmcost outliers`: the waste, with its price and its evidence."""

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmcost.cli.options import (
    DECISIONS,
    AsOf,
    By,
    Config,
    Db,
    FindingsFile,
    Output,
    PeriodOption,
    Since,
    Tz,
    Until,
    Where,
    names,
)
from llmcost.domain.errors import ExitCode, UsageError
from llmcost.domain.grouping import ungrouped

if TYPE_CHECKING:
    from datetime import tzinfo

    from llmcost.domain.period import Period
    from llmcost.outliers.finding import Finding

DetectorOption = Annotated[
    list[str] | None, typer.Option("--detector", metavar="A,B", help="Only these detectors; repeat for more.")
]
Least = Annotated[
    str | None, typer.Option("--min-savings", metavar="AMOUNT", help="Only findings that would save as much.")
]


def register(app: typer.Typer) -> None:
    """Add the group to the command line."""
    group = typer.Typer(help="Find waste: unusual or needless spend, with evidence and an honest price.")
    group.callback(invoke_without_command=True)(outliers)
    group.command("explain")(explain)
    group.command("dismiss")(dismiss)
    app.add_typer(group, name="outliers")


def outliers(
    context: typer.Context,
    *,
    detector: DetectorOption = None,
    min_savings: Least = None,
    where: Where = None,
    period: PeriodOption = None,
    since: Since = None,
    until: Until = None,
    tz: Tz = None,
    as_of: AsOf = None,
    detail: Annotated[
        bool, typer.Option("--detail", help="Tell how each saving comes about and how to check it.")
    ] = False,
    show_sql: Annotated[bool, typer.Option("--show-sql", help="Show the query behind each finding.")] = False,
    fail_on: Annotated[
        str | None, typer.Option("--fail-on", metavar="AMOUNT|any", help="Exit 1 when that much could be saved.")
    ] = None,
    findings: FindingsFile = DECISIONS,
    output_format: Annotated[
        str | None, typer.Option("--format", metavar="FORMAT", help="table, json, markdown or sarif.")
    ] = None,
    output: Output = None,
    db: Db = None,
    config: Config = None,
) -> None:
    """Find waste: unusual or needless spend, with evidence and an honest price."""
    if context.invoked_subcommand is not None:
        return
    import sys

    from llmcost.cli.retyped import retyped
    from llmcost.compose.limits_in_use import limits_in_use
    from llmcost.config.settings import load_settings
    from llmcost.domain.period import chosen_period, clock, time_zone
    from llmcost.ledger.database import reading
    from llmcost.outliers.decisions import dismissed, read_decisions
    from llmcost.outliers.run import AuditRequest, audit
    from llmcost.pricing.price_list import load_price_list
    from llmcost.render import output as destination
    from llmcost.render.outliers import OUTLIERS_FORMATS, render_audit
    from llmcost.render.surface import Surface, surface_of
    from llmcost.reports.choices import choice

    settings = load_settings(config)
    zone = time_zone(tz or settings.tz)
    chosen_format = choice("--format", output_format or "table", OUTLIERS_FORMATS)
    threshold = None if fail_on in {None, "any"} else amount("--fail-on", str(fail_on))
    now = clock(as_of, zone)
    request = AuditRequest(
        period=chosen_period(period=period, since=since, until=until, now=now, tz=zone),
        zone=zone,
        where=tuple(where or ()),
        detectors=tuple(names(detector)),
        production=settings.production,
        dismissed=dismissed(read_decisions(findings), now.date()),
        min_savings=None if min_savings is None else amount("--min-savings", min_savings),
        narrowing=retyped(
            *(("--where", term) for term in where or ()), ("--tz", tz), ("--db", db), ("--config", config)
        ),
        spanning=retyped(("--period", period), ("--since", since), ("--until", until), ("--as-of", as_of)),
        limits=limits_in_use(settings),
    )
    prices = load_price_list(settings.pricing)
    ledger = settings.ledger_path(db)
    with reading(ledger) as connection:
        found = audit(connection, prices, request)
    surface = Surface() if output is not None else surface_of(sys.stdout)
    text = render_audit(
        found,
        chosen_format,
        surface,
        ledger=str(ledger),
        currency=prices.currency,
        detail=detail,
        sql=show_sql,
    )
    destination.write(text, output)
    if fail_on is not None and found.findings and (threshold is None or found.net_total[1] >= threshold):
        raise typer.Exit(ExitCode.FINDING)


def explain(
    *,
    by: By = None,
    where: Where = None,
    period: PeriodOption = None,
    since: Since = None,
    until: Until = None,
    tz: Tz = None,
    as_of: AsOf = None,
    output_format: Annotated[
        str | None, typer.Option("--format", metavar="FORMAT", help="table, json or markdown.")
    ] = None,
    output: Output = None,
    db: Db = None,
    config: Config = None,
) -> None:
    """Take a period's change since the one before apart: volume, mix, errors, tokens, cache and price, by segment."""
    import sys

    from llmcost.config.settings import load_settings
    from llmcost.domain.period import chosen_period, clock, time_zone
    from llmcost.ledger.database import reading
    from llmcost.outliers.explain import explain as explained
    from llmcost.pricing.price_list import load_price_list
    from llmcost.render import output as destination
    from llmcost.render.change import render_change
    from llmcost.render.savings import SAVINGS_FORMATS
    from llmcost.render.surface import Surface, surface_of
    from llmcost.reports.choices import choice

    settings = load_settings(config)
    zone = time_zone(tz or settings.tz)
    chosen_format = choice("--format", output_format or "table", SAVINGS_FORMATS)
    chosen = chosen_period(period=period, since=since, until=until, now=clock(as_of, zone), tz=zone)
    with reading(settings.ledger_path(db)) as connection:
        told = explained(connection, chosen, zone, names(by) or ["feature"], where or ())
    surface = Surface() if output is not None else surface_of(sys.stdout)
    currency = load_price_list(settings.pricing).currency
    destination.write(render_change(told, chosen_format, surface, currency, zone), output)


def dismiss(
    *,
    finding: Annotated[str, typer.Argument(metavar="ID", help="The id of a finding, as `llmcost outliers` shows it.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why it is no waste.")],
    until: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help="Show it again from this day on; never unless given.")
    ] = None,
    where: Where = None,
    period: PeriodOption = None,
    tz: Tz = None,
    as_of: AsOf = None,
    findings: FindingsFile = DECISIONS,
    db: Db = None,
    config: Config = None,
) -> None:
    """Do not show a finding any more, for a reason that is kept in a file to be committed.

    --where and --period are those it was shown with.
    """
    from llmcost.cli import diagnostics
    from llmcost.config.settings import load_settings
    from llmcost.domain.period import chosen_period, clock, parse_instant, time_zone
    from llmcost.outliers.decisions import Decision, read_decisions, with_decision, write_decisions

    zone = time_zone(tz or load_settings(config).tz)
    if not reason.strip():
        raise UsageError("--reason is empty", hint="say in a few words why it is no waste")
    now = clock(as_of, zone)
    shown = chosen_period(period=period, since=None, until=None, now=now, tz=zone)
    new = Decision(
        id=found_again(finding, zone=zone, period=shown, where=where, db=db, config=config).id,
        word="dismissed",
        reason=reason.strip(),
        on=now.date(),
        until=None if until is None else parse_instant(until, zone).astimezone(zone).date(),
    )
    write_decisions(findings, with_decision(read_decisions(findings), new))
    diagnostics.note(f"{finding} is dismissed in {findings}")


def found_again(
    name: str, *, zone: "tzinfo", period: "Period", where: list[str] | None, db: Path | None, config: Path | None
) -> "Finding":
    """The finding of that id. Raises UsageError where there is none: the id may be a slip."""
    from llmcost.cli.retyped import retyped
    from llmcost.compose.limits_in_use import limits_in_use
    from llmcost.config.settings import load_settings
    from llmcost.ledger.database import reading
    from llmcost.outliers.run import AuditRequest, audit
    from llmcost.pricing.price_list import load_price_list

    settings = load_settings(config)
    request = AuditRequest(
        period=period,
        zone=zone,
        where=tuple(where or ()),
        production=settings.production,
        limits=limits_in_use(settings),
    )
    with reading(settings.ledger_path(db)) as connection:
        findings = audit(connection, load_price_list(settings.pricing), request).findings
    one = next((one for one in findings if one.id == name), None)
    if one is None:
        options = retyped(*(("--where", term) for term in where or ()), ("--db", db), ("--config", config))
        raise UsageError(f"there is no finding {name!r}", hint=f"`llmcost outliers{options}` shows the ids")
    return one


def amount(option: str, text: str) -> Decimal:
    """An amount of money as typed, `$` or not."""
    try:
        value = Decimal(ungrouped(text).strip().removeprefix("$"))
    except InvalidOperation as error:
        raise UsageError(f"{option} {text!r} is no amount", hint="write it as 5 or 12.50") from error
    if not value.is_finite() or value < 0:
        raise UsageError(f"{option} {text!r} is no amount", hint="write it as 5 or 12.50")
    return value
