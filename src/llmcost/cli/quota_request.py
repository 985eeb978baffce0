"""`llmcost quota explain-request` and `llmcost quota exposure`: what limits mean, without replaying anything."""

import sys
from typing import Annotated

import typer

from llmcost.cli.options import AsOf, Config, Db, Output, PeriodOption, Since, Tz, Until, Where
from llmcost.cli.quota_simulate import Configs, SemanticsOption, changes, read_configs

Format = Annotated[str | None, typer.Option("--format", metavar="FORMAT", help="table or json.")]


def add_to(group: typer.Typer) -> None:
    """Add the commands to the group `quota`."""
    group.command("explain-request")(explain_request)
    group.command("exposure")(exposure)


def explain_request(
    configs: Configs,
    *,
    user: Annotated[str | None, typer.Option("--user", metavar="NAME", help="Who asks.")] = None,
    team: Annotated[list[str] | None, typer.Option("--team", metavar="NAME", help="A team they are in.")] = None,
    account: Annotated[
        str | None, typer.Option("--virtual-account", metavar="NAME", help="Or which virtual account.")
    ] = None,
    model: Annotated[str | None, typer.Option("--model", metavar="NAME", help="The model asked for.")] = None,
    provider: Annotated[str | None, typer.Option("--provider", metavar="NAME", help="Its provider.")] = None,
    metadata: Annotated[
        list[str] | None, typer.Option("--metadata", metavar="KEY=VALUE", help="What the caller sends along.")
    ] = None,
    semantics: SemanticsOption = None,
    output_format: Format = None,
    output: Output = None,
) -> None:
    """Tell which limits are about a request, which of them decides, and which counters it moves."""
    from llmcost.domain.errors import UsageError
    from llmcost.quota.explaining import described, explained
    from llmcost.render import output as destination
    from llmcost.render.quota_request import request_json, request_text
    from llmcost.render.surface import surface_of
    from llmcost.reports.choices import choice

    chosen = choice("--format", output_format or "table", ("table", "json"))
    pairs = {}
    for text in metadata or ():
        key, found, value = text.partition("=")
        if not found or not key.strip():
            raise UsageError(f"cannot read --metadata {text!r}", hint="write KEY=VALUE")
        pairs[key.strip()] = value
    request = described(user=user, teams=team or (), account=account, model=model, provider=provider, metadata=pairs)
    found_configs, _ = read_configs(configs, semantics)
    answers = [explained(config, request) for config in found_configs]
    width = None if output is not None else surface_of(sys.stdout).width
    destination.write(request_json(answers) if chosen == "json" else request_text(answers, width), output)


def exposure(
    configs: Configs,
    *,
    where: Where = None,
    period: PeriodOption = None,
    since: Since = None,
    until: Until = None,
    tz: Tz = None,
    as_of: AsOf = None,
    what_if: Annotated[
        list[str] | None,
        typer.Option("--what-if", metavar="RULE=N", help="Another amount for a rule, such as team-rpm.limit_to=20000."),
    ] = None,
    semantics: SemanticsOption = None,
    fail_over: Annotated[
        float | None, typer.Option("--fail-over", metavar="USD", min=0, help="Exit 1 when the worst month costs more.")
    ] = None,
    output_format: Format = None,
    output: Output = None,
    db: Db = None,
    config: Config = None,
) -> None:
    """Tell what could be spent in a month while every limit is kept: limit x price x time.

    The ledger says how many subjects there are and what their requests cost.
    """
    from decimal import Decimal

    from llmcost.config.settings import load_settings
    from llmcost.domain.errors import ExitCode
    from llmcost.domain.period import chosen_period, clock, time_zone
    from llmcost.ledger.database import reading
    from llmcost.quota import exposure as worst_case
    from llmcost.quota.replay.plan import plan
    from llmcost.render import output as destination
    from llmcost.render.quota_exposure import exposure_json, exposure_text
    from llmcost.render.surface import surface_of
    from llmcost.reports.choices import choice
    from llmcost.reports.question import Question, selection

    settings = load_settings(config)
    zone = time_zone(tz or settings.tz)
    chosen = choice("--format", output_format or "table", ("table", "json"))
    question = Question(
        where=tuple(where or ()),
        period=chosen_period(period=period, since=since, until=until, now=clock(as_of, zone), tz=zone),
        zone=zone,
        basis="requests",
    )
    found_configs, _ = read_configs(configs, semantics)
    made = plan(found_configs, changes(what_if))
    with reading(settings.ledger_path(db)) as ledger:
        found = worst_case.exposure(ledger, selection(ledger, question), made)
    width = None if output is not None else surface_of(sys.stdout).width
    destination.write(exposure_json(found) if chosen == "json" else exposure_text(found, width), output)
    if fail_over is not None and (found.worst is None or found.worst > Decimal(str(fail_over))):
        raise typer.Exit(ExitCode.FINDING)
