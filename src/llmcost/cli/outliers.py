"""`llmcost outliers`: the waste, with its price and its evidence."""

from dataclasses import dataclass
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
    ReadWait,
    Since,
    Tz,
    Until,
    Where,
    names,
)
from llmcost.domain.errors import DataError, ExitCode, UsageError
from llmcost.domain.grouping import ungrouped

if TYPE_CHECKING:
    from llmcost.outliers.finding import Finding

DetectorOption = Annotated[
    list[str] | None, typer.Option("--detector", metavar="A,B", help="Only these detectors; repeat for more.")
]
Least = Annotated[
    str | None, typer.Option("--min-savings", metavar="AMOUNT", help="Only findings that would save as much.")
]


def register(app: typer.Typer) -> None:
    """Add the group to the command line."""
    group = typer.Typer(help="Find waste: unusual or needless spend. With evidence and an honest price.")
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
    wait: ReadWait = 5,
    db: Db = None,
    config: Config = None,
) -> None:
    """Find waste: unusual or needless spend. With evidence and an honest price."""
    if context.invoked_subcommand is not None:
        return
    import sys

    from llmcost.cli.outputs import format_of_file
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

    settings = load_settings(config)
    zone = time_zone(tz or settings.tz)
    chosen_format = format_of_file(output, output_format, OUTLIERS_FORMATS, "table")
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
    with reading(ledger, wait=wait) as connection:
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
    if fail_on is None:
        return
    if found.findings and (threshold is None or found.net_total[1] >= threshold):
        raise typer.Exit(ExitCode.FINDING)
    if not found.requests:
        raise DataError(
            "--fail-on had no request to look at", hint="look at the period, at --where, and at what was ingested"
        )
    if found.known_cost is None:
        raise DataError(
            "--fail-on had no cost to look at: no request has a price",
            hint="`llmcost outliers --detector unpriced-models` names the models",
        )


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
    wait: ReadWait = 5,
    db: Db = None,
    config: Config = None,
) -> None:
    """Take a period's change since the one before apart. Volume, mix, errors, tokens, cache and price, by segment."""
    import sys

    from llmcost.cli.outputs import format_of_file
    from llmcost.config.settings import load_settings
    from llmcost.domain.period import chosen_period, clock, time_zone
    from llmcost.ledger.database import reading
    from llmcost.outliers.explain import explain as explained
    from llmcost.pricing.price_list import load_price_list
    from llmcost.render import output as destination
    from llmcost.render.change import render_change
    from llmcost.render.savings import SAVINGS_FORMATS
    from llmcost.render.surface import Surface, surface_of

    settings = load_settings(config)
    zone = time_zone(tz or settings.tz)
    chosen_format = format_of_file(output, output_format, SAVINGS_FORMATS, "table")
    chosen = chosen_period(period=period, since=since, until=until, now=clock(as_of, zone), tz=zone)
    with reading(settings.ledger_path(db), wait=wait) as connection:
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
    since: Since = None,
    shown_until: Annotated[
        str | None, typer.Option("--shown-until", metavar="TIME", help="The --until that it was shown with.")
    ] = None,
    tz: Tz = None,
    as_of: AsOf = None,
    findings: FindingsFile = DECISIONS,
    wait: ReadWait = 5,
    db: Db = None,
    config: Config = None,
) -> None:
    """Do not show a finding any more. The reason is kept in a file to be committed.

    --where, --period and --since are those it was shown with.
    """
    from llmcost.cli import diagnostics
    from llmcost.config.settings import load_settings
    from llmcost.domain.period import clock, parse_instant, time_zone
    from llmcost.outliers.decisions import Decision, read_decisions, with_decision, write_decisions

    zone = time_zone(tz or load_settings(config).tz)
    if not reason.strip():
        raise UsageError("--reason is empty", hint="say in a few words why it is no waste")
    today = clock(as_of, zone).date()
    end = None if until is None else parse_instant(until, zone).astimezone(zone).date()
    if end is not None and end <= today:
        raise UsageError(
            f"--until {until} is not after today, {today}", hint="give the day from which to show it again"
        )
    shown = Shown(where=where, period=period, since=since, until=shown_until, tz=tz, as_of=as_of, db=db, config=config)
    one = found_again(finding, shown, wait=wait)
    new = Decision(id=one.id, word="dismissed", reason=reason.strip(), on=today, until=end)
    write_decisions(findings, with_decision(read_decisions(findings), new))
    diagnostics.note(f"{finding} is dismissed in {findings}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The options a finding was shown with, as they were typed."""

    where: list[str] | None
    period: str | None
    since: str | None
    until: str | None
    tz: str | None
    as_of: str | None
    db: Path | None
    config: Path | None

    def retyped(self) -> str:
        """The options as they would be typed again."""
        from llmcost.cli.retyped import retyped

        return retyped(
            *(("--where", term) for term in self.where or ()),
            *(("--period", self.period), ("--since", self.since), ("--until", self.until), ("--as-of", self.as_of)),
            *(("--tz", self.tz), ("--db", self.db), ("--config", self.config)),
        )


def found_again(name: str, shown: Shown, *, wait: float) -> "Finding":
    """The finding of that id. Raises UsageError where there is none: the id may be a slip."""
    from llmcost.compose.limits_in_use import limits_in_use
    from llmcost.config.settings import load_settings
    from llmcost.domain.period import chosen_period, clock, time_zone
    from llmcost.ledger.database import reading
    from llmcost.outliers.run import AuditRequest, audit
    from llmcost.pricing.price_list import load_price_list

    settings = load_settings(shown.config)
    zone = time_zone(shown.tz or settings.tz)
    now = clock(shown.as_of, zone)
    request = AuditRequest(
        period=chosen_period(period=shown.period, since=shown.since, until=shown.until, now=now, tz=zone),
        zone=zone,
        where=tuple(shown.where or ()),
        production=settings.production,
        limits=limits_in_use(settings),
    )
    with reading(settings.ledger_path(shown.db), wait=wait) as connection:
        findings = audit(connection, load_price_list(settings.pricing), request).findings
    one = next((one for one in findings if one.id == name), None)
    if one is None:
        raise UsageError(f"there is no finding {name!r}", hint=f"`llmcost outliers{shown.retyped()}` shows the ids")
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
