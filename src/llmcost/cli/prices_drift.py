"""`llmcost prices drift`: claimed costs against computed ones."""

import sys
from decimal import Decimal
from typing import Annotated

import typer

from llmcost.cli.options import AsOf, Config, Db, Output, PeriodOption, ReadWait, Since, Tz, Until, Where

_NAMED = 3
"""Unpriced models named."""


def register_price_command(group: typer.Typer) -> None:
    """Add the command to `llmcost prices`."""
    group.command("drift")(drift)


def drift(
    *,
    where: Where = None,
    period: PeriodOption = None,
    since: Since = None,
    until: Until = None,
    tz: Tz = None,
    as_of: AsOf = None,
    above: Annotated[
        str, typer.Option("--above", metavar="PERCENT", help="Fail (exit 1) for a model that drifts by more.")
    ] = "1%",
    output_format: Annotated[str | None, typer.Option("--format", metavar="FORMAT", help="table or json.")] = None,
    output: Output = None,
    wait: ReadWait = 5,
    db: Db = None,
    config: Config = None,
) -> None:
    """Compare what logs claim requests cost with what they cost. By model; and name the likely mistake."""
    from llmcost.cli import diagnostics
    from llmcost.cli.outputs import format_of_file
    from llmcost.config.settings import load_settings
    from llmcost.domain.errors import ExitCode
    from llmcost.domain.period import chosen_period, clock, time_zone
    from llmcost.domain.printable import printable
    from llmcost.domain.text import brief
    from llmcost.ledger.database import reading
    from llmcost.pricing.price_list import load_price_list
    from llmcost.render import output as destination
    from llmcost.render.drift import FORMATS, as_json, as_text
    from llmcost.render.surface import Surface, surface_of
    from llmcost.reports.drift import drift as compare
    from llmcost.reports.drift import exceeding, foreign_claims, unpriced_claims
    from llmcost.reports.question import Question, selection

    limit = _share(above)
    chosen_format = format_of_file(output, output_format, FORMATS, "table")
    settings = load_settings(config)
    zone = time_zone(tz or settings.tz)
    now = clock(as_of, zone)
    prices = load_price_list(settings.pricing)
    question = Question(
        where=tuple(where or ()),
        period=chosen_period(period=period, since=since, until=until, now=now, tz=zone),
        zone=zone,
        basis="requests",
    )
    with reading(settings.ledger_path(db), wait=wait) as ledger:
        chosen = selection(ledger, question)
        found = compare(ledger, chosen, prices, now)
        without = unpriced_claims(ledger, chosen)
        foreign = foreign_claims(ledger, chosen)
    if not found:
        diagnostics.note(f"no request has both a cost and a cost its log claims in {prices.currency}")
    if without:
        names = ", ".join(f"{printable(brief(name or '(no model)'))} ({number:,})" for name, number in without[:_NAMED])
        more = f" and {len(without) - _NAMED:,} more" if len(without) > _NAMED else ""
        diagnostics.note(f"not compared, since unpriced: {names}{more}")
    if foreign:
        counted = ", ".join(f"{printable(currency)} ({number:,})" for currency, number in foreign)
        diagnostics.note(f"not compared, since claimed in another currency: {counted}")
    if chosen_format == "json":
        text = as_json(found, limit, prices.currency)
    else:
        text = as_text(found, limit, prices.currency, Surface() if output is not None else surface_of(sys.stdout))
    if found or chosen_format == "json":
        destination.write(text, output)
    if exceeding(found, limit):
        raise typer.Exit(ExitCode.FINDING)


def _share(text: str) -> Decimal:
    from llmcost.domain.errors import UsageError

    number = text.strip().removesuffix("%").strip()
    try:
        share = Decimal(number) / 100
    except ArithmeticError:
        share = Decimal(-1)
    if not share.is_finite() or share < 0:
        raise UsageError(f"cannot read --above {text!r}", hint="write a percentage such as 1% or 0.5%")
    return share
