"""`llmcost quota migrate`: limits files for the next generation of a gateway."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmcost.cli import diagnostics
from llmcost.cli.options import AsOf, Config, Db, Output, PeriodOption, ReadWait, Since, Tz, Until, Where
from llmcost.cli.quota_simulate import Configs, read_configs

if TYPE_CHECKING:
    from llmcost.quota.migrate.tfy_v2 import Migrated


def add_to(group: typer.Typer) -> None:
    """Add the command to the group `quota`."""
    group.command("migrate")(migrate)


def migrate(
    configs: Configs,
    *,
    to: Annotated[str, typer.Option("--to", metavar="DIALECT", help="tfy-v2.")] = "tfy-v2",
    audit: Annotated[bool, typer.Option("--audit", help="Everything in audit mode, to begin with.")] = False,
    folder: Annotated[
        Path | None,
        typer.Option("--out-dir", metavar="FOLDER", help="A file for each manifest there, instead of stdout."),
    ] = None,
    no_replay: Annotated[bool, typer.Option("--no-replay", help="Do not compare on the ledger.")] = False,
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
    """Write TrueFoundry's V1 limits as V2 manifests. Rate limits and budgets; a replay shows that they refuse the same.

    Under V1 the first rule that matches decides; under V2 all must allow a request, so manifests leave out what earlier rules
    decide. What V2 cannot say is reported and left in audit mode; the exit code is then 1.
    """
    from llmcost.domain.errors import ExitCode
    from llmcost.quota.migrate.tfy_v2 import migrated
    from llmcost.quota.migrate.writing import manifest_text
    from llmcost.render import output as destination
    from llmcost.reports.choices import choice

    choice("--to", to, ("tfy-v2",))
    found, _ = read_configs(configs, None)
    taken: set[tuple[str, str]] = set()
    results = [migrated(one, taken) for one in found]
    texts = [
        (manifest.name, manifest_text(manifest, audit=audit)) for result in results for manifest in result.manifests
    ]
    if folder is not None:
        _write_files(folder, texts)
    else:
        destination.write("---\n".join(text for _, text in texts), output)
    remarks = [remark for result in results for remark in result.remarks]
    for remark in remarks:
        say = diagnostics.warning if remark.lost else diagnostics.note
        say(f"{remark.rule_id}: {remark.message}")
    if any(result.config.dialect_id == "tfy-rate-limits" for result in results):
        diagnostics.note(
            "TrueFoundry publishes no schema of V2 rate limits; names of limits are those of V1: try `tfy apply --dry-run` first"
        )
    same = no_replay or _compared(
        results,
        where=where,
        times=(period, since, until),
        zone_name=tz,
        as_of=as_of,
        db=db,
        config=config,
        wait=wait,
    )
    if not same or any(remark.lost for remark in remarks):
        raise typer.Exit(ExitCode.FINDING)


def _compared(
    results: "list[Migrated]",
    *,
    where: list[str] | None,
    times: tuple[str | None, str | None, str | None],
    zone_name: str | None,
    as_of: str | None,
    db: Path | None,
    config: Path | None,
    wait: float,
) -> bool:
    """Say what both generations would have done to the ledger's requests; whether it is the same. True without a ledger."""
    from llmcost.config.nodes import parse_text
    from llmcost.config.settings import load_settings
    from llmcost.domain.period import chosen_period, clock, time_zone
    from llmcost.ledger.database import reading
    from llmcost.quota.files import opened_text
    from llmcost.quota.migrate.writing import manifest_text
    from llmcost.quota.replay.comparison import changed
    from llmcost.quota.replay.plan import plan
    from llmcost.quota.replay.run import Manner, replayed
    from llmcost.reports.question import Question, selection

    settings = load_settings(config)
    path = settings.ledger_path(db)
    if not path.exists() and db is None:
        diagnostics.note(f"no ledger at {path}, so the two generations were not compared; name one with --db")
        return True
    zone = time_zone(zone_name or settings.tz)
    period, since, until = times
    question = Question(
        where=tuple(where or ()),
        period=chosen_period(period=period, since=since, until=until, now=clock(as_of, zone), tz=zone),
        zone=zone,
        basis="requests",
    )
    texts = [manifest_text(manifest) for result in results for manifest in result.manifests]
    new = opened_text(parse_text("---\n".join(texts), "migrated")).configs
    manner = Manner(others=False, retries=False, exposure=False)
    with reading(path, wait=wait) as ledger:
        rows = selection(ledger, question)
        before = replayed(ledger, rows, plan([result.config for result in results]), manner)
        after = replayed(ledger, rows, plan(new), manner)
    different = changed(before, after)
    if not different:
        diagnostics.note(
            f"replayed {before.requests:,} requests: V1 and V2 both refuse {before.refused:,} of them, the same from every caller"
        )
        return True
    diagnostics.warning(
        f"replayed {before.requests:,} requests: V1 refuses {before.refused:,}, V2 {after.refused:,};"
        f" {len(different):,} callers are refused more or less often",
        hint="V1 lets requests that one rule decides fill the counters of others; `llmcost quota simulate --compare` shows whom",
    )
    return False


def _write_files(folder: Path, texts: list[tuple[str, str]]) -> None:
    import re

    from llmcost.domain.errors import DataError
    from llmcost.render import output as destination

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"cannot make {folder}: {error.strerror or error}") from error
    taken: set[str] = set()
    for name, text in texts:
        stem = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".-") or "manifest"
        while stem in taken:
            stem += "-"
        taken.add(stem)
        destination.write(text, folder / f"{stem}.yaml")
