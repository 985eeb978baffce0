"""`llmcost quota simulate`: what a limits file would have done to the ledger's history."""

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmcost.cli import diagnostics
from llmcost.cli.options import AsOf, Config, Db, Output, PeriodOption, ReadWait, Since, Tz, Until, Where
from llmcost.cli.outputs import format_of_file

if TYPE_CHECKING:
    from llmcost.quota.config import Config as QuotaConfig
    from llmcost.quota.roster import Roster as Teams

Configs = Annotated[list[Path], typer.Argument(metavar="CONFIG...", help="Limits files, or folders of them.")]
SemanticsOption = Annotated[
    str | None,
    typer.Option("--semantics", metavar="NAME", help="How rules decide: tfy-v1, tfy-legacy-all, tfy-v2, ..."),
]
Roster = Annotated[
    Path | None,
    typer.Option(
        "--roster", metavar="FILE", help="Who is in which team: CSV with user,team, or YAML of users to teams."
    ),
]
MissingKey = Annotated[
    str | None,
    typer.Option(
        "--missing-key",
        metavar="WAY",
        help="Requests without what a rule counts by: skip the rule, or share one counter.",
    ),
]


def add_to(group: typer.Typer) -> None:
    """Add the command to the group `quota`."""
    group.command("simulate")(simulate)


def simulate(
    configs: Configs,
    *,
    where: Where = None,
    period: PeriodOption = None,
    since: Since = None,
    until: Until = None,
    tz: Tz = None,
    as_of: AsOf = None,
    compare: Annotated[
        list[Path] | None,
        typer.Option("--compare", metavar="OLD", help="Beside this config: who is newly refused. May be repeated."),
    ] = None,
    what_if: Annotated[
        list[str] | None,
        typer.Option("--what-if", metavar="RULE=N", help="Another amount for a rule, such as team-rpm.limit_to=20000."),
    ] = None,
    asserts: Annotated[
        list[str] | None,
        typer.Option(
            "--assert",
            metavar="TEST",
            help="Exit 1 unless it holds, 3 when nothing was replayed: blocked_pct<1, RULE.blocked=0, ...",
        ),
    ] = None,
    semantics: SemanticsOption = None,
    roster: Roster = None,
    algorithm: Annotated[
        str | None,
        typer.Option(
            "--algorithm", metavar="NAME", help="Count every window that is not of the calendar with this one."
        ),
    ] = None,
    missing_key: MissingKey = None,
    refused_count: Annotated[
        bool, typer.Option("--refused-count", help="A refused request moves the counters of requests.")
    ] = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="Only the replay: no other algorithms, no retries, no exposure.")
    ] = False,
    output_format: Annotated[
        str | None, typer.Option("--format", metavar="FORMAT", help="table, json or markdown.")
    ] = None,
    output: Output = None,
    wait: ReadWait = 5,
    db: Db = None,
    config: Config = None,
) -> None:
    """Replay the ledger's requests against limits. Who would have been refused, when, by which rule.

    Nothing is sent anywhere and nothing is written. Refused requests are assumed not to come back, except for the low end of
    what is not spent.
    """
    import sys
    from dataclasses import replace

    from llmcost.config.settings import load_settings
    from llmcost.domain.errors import ExitCode
    from llmcost.domain.period import chosen_period, clock, time_zone
    from llmcost.ledger.database import reading
    from llmcost.quota.replay.assertion import asserted
    from llmcost.quota.replay.comparison import changed
    from llmcost.quota.replay.plan import ALGORITHMS, plan
    from llmcost.quota.replay.record import Simulation
    from llmcost.quota.replay.run import Manner, replayed
    from llmcost.render import output as destination
    from llmcost.render.simulation import simulation
    from llmcost.render.simulation_json import simulation_json
    from llmcost.render.simulation_markdown import simulation_markdown
    from llmcost.render.surface import surface_of
    from llmcost.reports.choices import choice
    from llmcost.reports.question import Question, selection

    settings = load_settings(config)
    zone = time_zone(tz or settings.tz)
    chosen = format_of_file(output, output_format, ("table", "json", "markdown"), "table")
    manner = Manner(
        algorithm=None if algorithm is None else choice("--algorithm", algorithm, ALGORITHMS),
        shared=choice("--missing-key", missing_key or "skip", ("skip", "share")) == "share",
        refused_count=refused_count,
        others=not quick,
        retries=not quick,
        exposure=not quick,
    )
    question = Question(
        where=tuple(where or ()),
        period=chosen_period(period=period, since=since, until=until, now=clock(as_of, zone), tz=zone),
        zone=zone,
        basis="requests",
    )
    found, headers = read_configs(configs, semantics, roster)
    made = plan(found, changes(what_if), everywhere=True)
    with reading(settings.ledger_path(db), wait=wait) as ledger:
        rows = selection(ledger, question)
        result = replayed(ledger, rows, made, manner, headers)
        before = None
        if compare:
            old, old_headers = read_configs(compare, semantics, roster)
            before = replayed(
                ledger, rows, plan(old, everywhere=True), replace(manner, others=False, exposure=False), old_headers
            )
    differences = () if before is None else changed(before, result)
    document = Simulation(
        result=result,
        before=before,
        changed=differences,
        assertions=asserted(asserts or (), result, None if before is None else differences),
    )
    if not result.requests:
        diagnostics.note("no requests in this period")
    if chosen == "json":
        text = simulation_json(document)
    elif chosen == "markdown":
        text = simulation_markdown(document)
    else:
        width = None if output is not None else surface_of(sys.stdout).width
        encoding = "utf-8" if output is not None else sys.stdout.encoding or ""
        text = simulation(document, width, unicode="utf" in encoding.lower())
    destination.write(text, output)
    if any(not one.holds and not one.missing for one in document.assertions):
        raise typer.Exit(ExitCode.FINDING)
    if any(one.missing for one in document.assertions):
        raise typer.Exit(ExitCode.DATA)


def roster_of(path: Path | None) -> "Teams | None":
    """Who is in which team, as a file says; ConfigError when it is none."""
    if path is None:
        return None
    from llmcost.quota.roster import read_roster

    return read_roster(path)


def read_configs(
    paths: list[Path], semantics: str | None, roster: Path | None = None
) -> "tuple[list[QuotaConfig], tuple[str, ...]]":
    """The configs at some paths, and a line on how each is understood; what is wrong with them is a note.

    Raises ConfigError when there is none or one cannot be read.
    """
    from llmcost.domain.errors import ConfigError
    from llmcost.quota.files import opened
    from llmcost.quota.headers import header

    files, _ = opened(paths, semantics=semantics, roster=roster_of(roster))
    for file in files:
        if file.text.trouble is not None:
            raise ConfigError(
                f"{file.text.name}: broken YAML", hint=f"`llmcost quota check {file.text.name}` says where"
            )
    found = [config for file in files for config in file.configs]
    if not any(config.limits for config in found):
        names = ", ".join(str(path) for path in paths)
        raise ConfigError(f"{names}: no limits in it", hint=f"`llmcost quota check {names}` says what is wrong")
    if any(config.problems for config in found) or any(file.problems for file in files):
        diagnostics.note("the config has problems; `llmcost quota check` lists them")
    return found, tuple(header(config) for config in found)


def changes(texts: list[str] | None) -> dict[str, Decimal]:
    """Amounts by rule, of `RULE=N` or `RULE.limit_to=N`."""
    from decimal import InvalidOperation

    from llmcost.domain.errors import UsageError
    from llmcost.domain.grouping import ungrouped

    found = {}
    for text in texts or ():
        name, _, number = text.rpartition("=")
        try:
            amount = Decimal(ungrouped(number).strip())
        except InvalidOperation:
            amount = Decimal(-1)
        if not name.strip() or not amount.is_finite() or amount < 0:
            raise UsageError(f"cannot read --what-if {text!r}", hint="write RULE=NUMBER or RULE.limit_to=NUMBER")
        found[name.strip().removesuffix(".limit_to")] = amount
    return found
