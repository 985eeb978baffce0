"""`llmcost quota suggest`: limits that fit the ledger's history."""

import re
from decimal import Decimal
from typing import Annotated

import typer

from llmcost.cli import diagnostics
from llmcost.cli.options import AsOf, Config, Db, Output, PeriodOption, ReadWait, Since, Tz, Until, Where


def add_to(group: typer.Typer) -> None:
    """Add the command to the group `quota`."""
    group.command("suggest")(suggest)


def suggest(
    *,
    per: Annotated[
        str,
        typer.Option("--per", metavar="COLUMN", help="user_id, customer_id, virtual_account, team, plan or model."),
    ] = "user_id",
    unit: Annotated[str, typer.Option("--unit", metavar="UNIT", help="requests, tokens or cost.")] = "requests",
    window: Annotated[str, typer.Option("--window", metavar="SPAN", help="minute, hour or day.")] = "day",
    block_rate: Annotated[
        str, typer.Option("--block-rate", metavar="SHARE", help="How many requests of a rule may be refused.")
    ] = "0.1%",
    cap_month: Annotated[
        str | None,
        typer.Option("--cap-month", metavar="USD", help="What all may spend in 30 days if they keep at their limits."),
    ] = None,
    dialect: Annotated[str, typer.Option("--dialect", metavar="NAME", help="tfy-v1 or llmcost.")] = "tfy-v1",
    where: Where = None,
    period: PeriodOption = None,
    since: Since = None,
    until: Until = None,
    tz: Tz = None,
    as_of: AsOf = None,
    output: Output = None,
    wait: ReadWait = 5,
    db: Db = None,
    config: Config = None,
) -> None:
    """Write limits that fit past requests. No more than a share of these would have been refused.

    The smallest round numbers that did, by replay. With --cap-month they may be tighter, and the comments say so. Teams, plans
    and models get a rule each; users, customers and virtual accounts share one with a counter for each.
    """
    from llmcost.config.settings import load_settings
    from llmcost.domain.errors import UsageError
    from llmcost.domain.period import chosen_period, clock, time_zone
    from llmcost.ledger.database import reading
    from llmcost.quota.suggest import draft, search
    from llmcost.render import output as destination
    from llmcost.reports.choices import choice
    from llmcost.reports.question import Question, selection

    settings = load_settings(config)
    zone = time_zone(tz or settings.tz)
    chosen = choice("--per", per, draft.PER)
    counted = choice("--unit", unit, draft.UNITS)
    span = choice("--window", window, draft.SPANS)
    if counted == "cost" and span != "day":
        raise UsageError(f"gateways have no budgets per {span}", hint="use --window day with --unit cost")
    question = Question(
        where=tuple(where or ()),
        period=chosen_period(period=period, since=since, until=until, now=clock(as_of, zone), tz=zone),
        zone=zone,
        basis="requests",
    )
    with reading(settings.ledger_path(db), wait=wait) as ledger:
        rows = selection(ledger, question)
        keys = draft.metadata_keys(ledger, rows, settings.attribution)
        form = draft.Form(dialect=choice("--dialect", dialect, draft.DIALECTS), unit=counted, span=span, keys=keys)
        ask = search.Ask(per=chosen, form=form, rate=_share(block_rate), cap=dollars("--cap-month", cap_month))
        suggestion = search.suggest(ledger, rows, ask)
    destination.write(suggestion.text, output)
    total = sum((rule.exposure for rule in suggestion.rules if rule.exposure is not None), Decimal(0))
    if total:
        diagnostics.note(f"if everybody keeps at their limit, ${total:,.2f} in 30 days at past prices")
    tight = [rule for rule in suggestion.rules if rule.capped]
    if tight:
        diagnostics.note(
            f"to stay under ${cap_month}, {len(tight)} of the limits refuse more than was asked for; see their comments"
        )
    for name, reason in suggestion.left_out:
        diagnostics.note(f"no limit for {name}: {reason}")


def _share(text: str) -> Decimal:
    from llmcost.domain.errors import UsageError

    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(%?)\s*", text, re.ASCII)
    share = None if found is None else Decimal(found[1]) / (100 if found[2] else 1)
    if share is None or share > 1:
        raise UsageError(f"cannot read --block-rate {text!r}", hint="write 0.1% or 0.001")
    return share


def dollars(option: str, text: str | None) -> Decimal | None:
    """The amount an option gives; UsageError when it is none or nothing."""
    from llmcost.domain.errors import UsageError
    from llmcost.domain.grouping import ungrouped

    if text is None:
        return None
    found = re.fullmatch(r"\s*\$?(\d+(?:\.\d+)?)\s*", ungrouped(text), re.ASCII)
    if found is None or not Decimal(found[1]):
        raise UsageError(f"cannot read {option} {text!r}", hint="write an amount of US dollars, such as 5000")
    return Decimal(found[1])
