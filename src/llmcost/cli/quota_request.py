"""`llmcost quota explain-request`: what limits mean for one request."""

import sys
from typing import Annotated

import typer

from llmcost.cli.options import Output
from llmcost.cli.quota_simulate import Configs, Roster, SemanticsOption, read_configs, roster_of


def add_to(group: typer.Typer) -> None:
    """Add the command to the group `quota`."""
    group.command("explain-request")(explain_request)


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
    roster: Roster = None,
    output_format: Annotated[str | None, typer.Option("--format", metavar="FORMAT", help="table or json.")] = None,
    output: Output = None,
) -> None:
    """Tell which limits are about a request. Which of them decides, and which counters it moves."""
    from llmcost.cli.outputs import format_of_file
    from llmcost.domain.errors import UsageError
    from llmcost.quota.explaining import described, explained
    from llmcost.render import output as destination
    from llmcost.render.quota_request import request_json, request_text
    from llmcost.render.surface import surface_of

    chosen = format_of_file(output, output_format, ("table", "json"), "table")
    pairs = {}
    for text in metadata or ():
        key, found, value = text.partition("=")
        if not found or not key.strip():
            raise UsageError(f"cannot read --metadata {text!r}", hint="write KEY=VALUE")
        pairs[key.strip()] = value
    known = (roster_of(roster) or {}).get(user or "", frozenset())
    teams = tuple(dict.fromkeys([*(team or ()), *sorted(known)]))
    request = described(user=user, teams=teams, account=account, model=model, provider=provider, metadata=pairs)
    found_configs, _ = read_configs(configs, semantics, roster)
    answers = [explained(config, request) for config in found_configs]
    width = None if output is not None else surface_of(sys.stdout).width
    destination.write(request_json(answers) if chosen == "json" else request_text(answers, width), output)
