"""`llmcost export otlp`: metrics for an OpenTelemetry collector."""

from typing import Annotated

import typer

from llmcost.cli import diagnostics
from llmcost.cli.options import AsOf, Config, Db, Output, PeriodOption, ReadWait, Since, Tz, Until, Where

_POINTS = 2_000
"""In one message: a few hundred kilobytes, well below what collectors refuse."""


def register_export_command(group: typer.Typer) -> None:
    """Add the command to the group."""
    group.command("otlp")(otlp)


def otlp(
    *,
    by: Annotated[
        list[str] | None,
        typer.Option("--by", metavar="A,B", help="Dimensions and tags for attributes; team,environment."),
    ] = None,
    where: Where = None,
    period: PeriodOption = None,
    since: Since = None,
    until: Until = None,
    tz: Tz = None,
    as_of: AsOf = None,
    grain: Annotated[
        str, typer.Option("--grain", metavar="SPAN", help="hour or day, UTC: the span of a point.")
    ] = "hour",
    endpoint: Annotated[
        str | None,
        typer.Option("--endpoint", metavar="URL", help="Send there, or `env`: where OTEL_EXPORTER_OTLP_ENDPOINT says."),
    ] = None,
    output: Output = None,
    wait: ReadWait = 5,
    db: Db = None,
    config: Config = None,
) -> None:
    """Write or send OpenTelemetry metrics.

    They are tokens, durations and cost. A point is what happened in one span of time; send each span once. Headers are taken from OTEL_EXPORTER_OTLP_HEADERS.
    """
    import os

    from llmcost.config.settings import load_settings
    from llmcost.domain.errors import UsageError
    from llmcost.domain.period import chosen_period, clock, time_zone
    from llmcost.domain.text import plural
    from llmcost.exports.collector import address, headers, named_by
    from llmcost.exports.otlp import DIMENSIONS, GRAINS, metrics
    from llmcost.exports.otlp_documents import documents
    from llmcost.ledger.database import reading
    from llmcost.ledger.filters import split_list
    from llmcost.net.posting import post_json
    from llmcost.render.output import write
    from llmcost.reports.choices import choice
    from llmcost.reports.question import Question, selection

    settings = load_settings(config)
    zone = time_zone(tz or settings.tz)
    if endpoint is not None and output is not None:
        raise UsageError("metrics are either sent or written", hint="leave out --endpoint or --output")
    target = None if endpoint is None else address(endpoint, os.environ)
    sent = headers(os.environ) if target is not None else {}
    question = Question(
        where=tuple(where or ()),
        period=chosen_period(period=period, since=since, until=until, now=clock(as_of, zone), tz=zone),
        zone=zone,
        basis="requests",
    )
    with reading(settings.ledger_path(db), wait=wait) as ledger:
        found = metrics(
            ledger,
            selection(ledger, question),
            grain=choice("--grain", grain, GRAINS),
            by=DIMENSIONS if by is None else tuple(name for text in by for name in split_list(text) if name),
        )
    points = sum(len(metric.points) for metric in found)
    if not points:
        diagnostics.note("no requests in this period")
    if target is None or endpoint is None:
        write("".join(f"{document}\n" for document in documents(found, max(points, 1))), output)
        return
    for document in documents(found, _POINTS):
        post_json(target, document.encode(), headers=sent, given=named_by(endpoint, os.environ))
    diagnostics.note(f"{plural(points, 'data point')} sent")
