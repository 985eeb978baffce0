"""What the commands of chargeback and showback have in common."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from llmcost.allocation.chargeback import Chargeback
    from llmcost.allocation.run import Asked
    from llmcost.config.settings import Settings

By = Annotated[
    str | None,
    typer.Option(
        "--by", metavar="DIMENSION", help="Who bears cost: a dimension or tag; that of `allocation:`, or team."
    ),
]
Month = Annotated[str | None, typer.Option("--month", metavar="MONTH", help="2026-11; the last month if left out.")]
Allocated = Annotated[
    str | None, typer.Option("--format", metavar="FORMAT", help="table, json, csv, markdown or html.")
]


def question(
    settings: "Settings",
    *,
    by: str | None,
    month: str | None = None,
    period: str | None,
    since: str | None = None,
    until: str | None = None,
    tz: str | None = None,
    as_of: str | None = None,
    currency: str | None = None,
) -> "Asked":
    """What is asked: the last month without any option about time."""
    from llmcost.allocation.reading import policy_for
    from llmcost.allocation.run import Asked
    from llmcost.domain.period import chosen_period, clock, time_zone
    from llmcost.pricing.currency import chosen_currency

    zone = time_zone(tz or settings.tz)
    if month is not None:
        period = _month(month, alone=period is None and since is None and until is None)
    elif period is None and since is None and until is None:
        period = "last-month"
    reported_in = chosen_currency(currency, settings)
    return Asked(
        policy=policy_for(settings, by),
        period=chosen_period(period=period, since=since, until=until, now=clock(as_of, zone), tz=zone),
        zone=zone,
        currency=reported_in.code,
        rates=reported_in.rates,
    )


def _month(text: str, *, alone: bool) -> str:
    import re

    from llmcost.domain.errors import UsageError

    if not alone:
        raise UsageError("--month and --period, --since or --until both name a period", hint="give one of them")
    if not re.fullmatch(r"\d{4}-\d{2}", text.strip()):
        raise UsageError(f"--month {text!r} is no month", hint="write it as 2026-11; --period takes other periods")
    return text


def shown(found: "Chargeback", output_format: str | None, output: Path | None, *, title: str = "Chargeback") -> None:
    """Write an allocation where it was asked for."""
    import sys

    from llmcost.cli.outputs import format_of_file
    from llmcost.render import output as destination
    from llmcost.render.chargeback import FORMATS, render_chargeback
    from llmcost.render.surface import Surface, surface_of

    chosen = format_of_file(output, output_format, FORMATS, "table")
    surface = Surface() if output is not None else surface_of(sys.stdout)
    destination.write(render_chargeback(found, chosen, surface, title), output)
