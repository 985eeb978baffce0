"""`llmcost savings`: what acting on the findings would save, without counting anything twice."""

from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer

from llmcost.cli.options import (
    DECISIONS,
    AsOf,
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
)
from llmcost.domain.errors import UsageError

SavingsFormatOption = Annotated[str | None, typer.Option("--format", metavar="FORMAT", help="table, json or markdown.")]


def register(app: typer.Typer) -> None:
    """Add the group to the command line."""
    group = typer.Typer(help="What acting on the findings would save. And what other models would have cost.")
    group.callback(invoke_without_command=True)(savings)
    group.command("whatif")(whatif)
    group.command("accept")(accept)
    group.command("verify")(verify)
    app.add_typer(group, name="savings")


def savings(
    context: typer.Context,
    *,
    where: Where = None,
    period: PeriodOption = None,
    since: Since = None,
    until: Until = None,
    tz: Tz = None,
    as_of: AsOf = None,
    findings: FindingsFile = DECISIONS,
    output_format: SavingsFormatOption = None,
    output: Output = None,
    wait: ReadWait = 5,
    db: Db = None,
    config: Config = None,
) -> None:
    """What acting on the findings would save, by kind of change; overlaps are taken out of the net."""
    if context.invoked_subcommand is not None:
        return
    import sys

    from llmcost.cli.outputs import format_of_file
    from llmcost.config.settings import load_settings
    from llmcost.domain.period import chosen_period, clock, time_zone
    from llmcost.ledger.database import reading
    from llmcost.outliers.decisions import dismissed, read_decisions
    from llmcost.outliers.run import AuditRequest, audit
    from llmcost.pricing.price_list import load_price_list
    from llmcost.render import output as destination
    from llmcost.render.savings import SAVINGS_FORMATS, render_savings
    from llmcost.render.surface import Surface, surface_of

    settings = load_settings(config)
    zone = time_zone(tz or settings.tz)
    chosen_format = format_of_file(output, output_format, SAVINGS_FORMATS, "table")
    now = clock(as_of, zone)
    request = AuditRequest(
        period=chosen_period(period=period, since=since, until=until, now=now, tz=zone),
        zone=zone,
        where=tuple(where or ()),
        production=settings.production,
        dismissed=dismissed(read_decisions(findings), now.date()),
    )
    prices = load_price_list(settings.pricing)
    with reading(settings.ledger_path(db), wait=wait) as connection:
        found = audit(connection, prices, request)
    surface = Surface() if output is not None else surface_of(sys.stdout)
    destination.write(render_savings(found, chosen_format, surface, prices.currency), output)


def whatif(
    *,
    swap: Annotated[
        list[str] | None, typer.Option("--swap", metavar="MODEL=MODEL", help="Another model instead; repeat for more.")
    ] = None,
    env: Annotated[
        list[str] | None, typer.Option("--env", metavar="NAME=MODEL", help="That model for all of an environment.")
    ] = None,
    cache_hit: Annotated[
        str | None, typer.Option("--cache-hit", metavar="SHARE", help="That share of input read from a cache: 0.7.")
    ] = None,
    where: Where = None,
    period: PeriodOption = None,
    since: Since = None,
    until: Until = None,
    tz: Tz = None,
    as_of: AsOf = None,
    output_format: SavingsFormatOption = None,
    output: Output = None,
    wait: ReadWait = 5,
    db: Db = None,
    config: Config = None,
) -> None:
    """What requests would have cost with other models or more cache. Quality is not part of the answer."""
    import sys

    from llmcost.cli.outputs import format_of_file
    from llmcost.cli.retyped import retyped
    from llmcost.config.settings import load_settings
    from llmcost.domain.period import chosen_period, clock, time_zone
    from llmcost.ledger.composition import Selection
    from llmcost.ledger.conditions import conditions
    from llmcost.ledger.database import reading
    from llmcost.outliers.traffic import Floors, open_traffic
    from llmcost.outliers.whatif import pairs, what_if
    from llmcost.pricing.price_list import load_price_list
    from llmcost.render import output as destination
    from llmcost.render.savings import SAVINGS_FORMATS, render_what_if
    from llmcost.render.surface import Surface, surface_of

    settings = load_settings(config)
    zone = time_zone(tz or settings.tz)
    chosen_format = format_of_file(output, output_format, SAVINGS_FORMATS, "table")
    swaps, environments = pairs("--swap", swap or ()), pairs("--env", env or ())
    hit = None if cache_hit is None else _share(cache_hit)
    chosen = chosen_period(period=period, since=since, until=until, now=clock(as_of, zone), tz=zone)
    prices = load_price_list(settings.pricing)
    with reading(settings.ledger_path(db), wait=wait) as connection:
        selection = Selection(
            period=chosen, zone=zone, basis="requests", conditions=conditions(connection, tuple(where or ()))
        )
        traffic = open_traffic(
            connection,
            selection,
            prices,
            production=settings.production,
            floors=Floors(),
            narrowing=retyped(
                *(("--where", term) for term in where or ()), ("--tz", tz), ("--db", db), ("--config", config)
            ),
            spanning=retyped(("--period", period), ("--since", since), ("--until", until), ("--as-of", as_of)),
        )
        answer = what_if(traffic, swaps=swaps, environments=environments, cache_hit=hit)
    surface = Surface() if output is not None else surface_of(sys.stdout)
    destination.write(render_what_if(answer, chosen_format, surface, prices.currency), output)


def accept(
    *,
    finding: Annotated[str, typer.Argument(metavar="ID", help="The id of a finding, as `llmcost outliers` shows it.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="What is being done about it.")] = "accepted",
    on: Annotated[
        str | None, typer.Option("--on", metavar="DATE", help="The first day of the new way of working; today.")
    ] = None,
    where: Where = None,
    period: PeriodOption = None,
    since: Since = None,
    until: Until = None,
    tz: Tz = None,
    as_of: AsOf = None,
    findings: FindingsFile = DECISIONS,
    wait: ReadWait = 5,
    db: Db = None,
    config: Config = None,
) -> None:
    """Note that a finding is acted on. `savings verify` can then compare before and after.

    --where, --period, --since and --until are those it was shown with; `verify` looks where KEY=V says, too.
    """
    from llmcost.cli import diagnostics
    from llmcost.cli.outliers import Shown, found_again
    from llmcost.config.settings import load_settings
    from llmcost.domain.period import clock, parse_instant, time_zone
    from llmcost.outliers.decisions import Decision, narrowed, read_decisions, with_decision, write_decisions

    zone = time_zone(tz or load_settings(config).tz)
    known = read_decisions(findings)
    shown = Shown(where=where, period=period, since=since, until=until, tz=tz, as_of=as_of, db=db, config=config)
    one = found_again(finding, shown, wait=wait)
    day = clock(as_of, zone) if on is None else parse_instant(on, zone).astimezone(zone)
    scope = narrowed(one.scope, where or ())
    new = Decision(id=finding, word="accepted", reason=reason, on=day.date(), detector=one.detector, scope=scope)
    write_decisions(findings, with_decision(known, new))
    diagnostics.note(
        f"{finding} is accepted from {day.date()} on, in {findings}; see later with `llmcost savings verify`"
    )


def verify(
    *,
    findings: FindingsFile = DECISIONS,
    tz: Tz = None,
    output_format: SavingsFormatOption = None,
    output: Output = None,
    wait: ReadWait = 5,
    db: Db = None,
    config: Config = None,
) -> None:
    """What accepted findings saved since. Cost per request before and after, with an interval."""
    import sys

    from llmcost.cli.outputs import format_of_file
    from llmcost.config.settings import load_settings
    from llmcost.domain.period import Period, time_zone
    from llmcost.ledger.composition import Selection
    from llmcost.ledger.database import reading
    from llmcost.outliers.decisions import read_decisions
    from llmcost.outliers.traffic import Floors, open_traffic
    from llmcost.outliers.verification import verify as compared
    from llmcost.pricing.price_list import load_price_list
    from llmcost.render import output as destination
    from llmcost.render.savings import SAVINGS_FORMATS
    from llmcost.render.surface import Surface, surface_of
    from llmcost.render.verification import render_verified

    settings = load_settings(config)
    zone = time_zone(tz or settings.tz)
    chosen_format = format_of_file(output, output_format, SAVINGS_FORMATS, "table")
    accepted = [one for one in read_decisions(findings) if one.word == "accepted"]
    if not accepted:
        raise UsageError(f"{findings} has no accepted finding", hint="accept one with `llmcost savings accept ID`")
    prices = load_price_list(settings.pricing)
    with reading(settings.ledger_path(db), wait=wait) as connection:
        selection = Selection(period=Period(), zone=zone, basis="requests")
        traffic = open_traffic(connection, selection, prices, production=settings.production, floors=Floors())
        told = [compared(traffic, one, settings.gate.unpriced or Decimal(0)) for one in accepted]
    surface = Surface() if output is not None else surface_of(sys.stdout)
    destination.write(render_verified(told, chosen_format, surface, prices.currency), output)


def _share(text: str) -> Decimal:
    hint = "write it as 0.7 or 70%"
    try:
        value = Decimal(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except InvalidOperation as error:
        raise UsageError(f"--cache-hit {text!r} is no share", hint=hint) from error
    if not 0 <= value <= 1:
        raise UsageError(f"--cache-hit {text!r} is no share", hint=hint)
    return value
