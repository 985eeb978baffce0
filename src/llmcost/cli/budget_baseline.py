"""`llmcost budget baseline` and `budget diff`: what a change costs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmcost.cli.options import AsOf, Config, Db, ReadWait

if TYPE_CHECKING:
    from llmcost.budgets.baseline import Baseline
    from llmcost.budgets.gate import Measured
    from llmcost.config.settings import Settings

Days = Annotated[int, typer.Option("--days", metavar="N", min=1, max=366, help="Over how many whole days.")]


def add_to(group: typer.Typer) -> None:
    """Add the commands to `llmcost budget`."""
    group.command("baseline")(baseline)
    group.command("diff")(diff)


def baseline(
    *,
    output: Annotated[
        Path | None,
        typer.Option("--output", metavar="FILE", help="Write there instead of to .llmcost/baseline.json."),
    ] = None,
    days: Days = 7,
    as_of: AsOf = None,
    wait: ReadWait = 5,
    db: Db = None,
    config: Config = None,
) -> None:
    """Write down what each budget's scope spent of late. Over the last whole days, to compare with later. Commit the file."""
    from llmcost.budgets.baseline import FILE
    from llmcost.cli import diagnostics
    from llmcost.config.settings import load_settings
    from llmcost.domain.errors import DataError
    from llmcost.domain.text import plural
    from llmcost.render import budget_json
    from llmcost.render import output as destination

    settings = load_settings(config)
    found, fresh = measured(settings, as_of, db, days, wait)
    path = output or settings.folder / FILE
    if output is None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DataError(f"cannot make {path.parent}: {error.strerror or error}") from error
    on_stdout = path == Path("-")
    destination.write(budget_json.baseline(found), None if on_stdout else path)
    if not on_stdout:
        diagnostics.note(
            f"wrote {path}: {plural(len(found.entries) - 1, 'budget')} and everything over {plural(days, 'day')}"
        )
    if not found.complete:
        diagnostics.warning(
            f"the ledger does not reach back {days} days, so nothing can be compared with this baseline",
            hint="ingest older logs, or write it again later",
        )
    if fresh.missing:
        diagnostics.warning(
            fresh.message, hint="ingest newer logs and write it again: what was spent since is not in it"
        )


def diff(
    *,
    base: Annotated[
        Path | None, typer.Option("--base", metavar="FILE", help="The baseline; .llmcost/baseline.json if not given.")
    ] = None,
    output_format: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="table, json or markdown.")
    ] = "table",
    output_file: Annotated[
        list[str] | None,
        typer.Option("--output-file", metavar="FORMAT=PATH", help="Write there as well; may be repeated."),
    ] = None,
    as_of: AsOf = None,
    wait: ReadWait = 5,
    db: Db = None,
    config: Config = None,
) -> None:
    """Compare the last whole days with a baseline.

    Exit code 1 when a rise is above `increase` and `increase_amount` of the gate, or, with `crossed`, when a budget was
    reached since; 3 when there is no baseline or too little data.
    """
    from llmcost.budgets.baseline import FILE, compared, judged, read
    from llmcost.cli.outputs import chosen_formats, written
    from llmcost.config.settings import load_settings
    from llmcost.domain.errors import ExitCode
    from llmcost.render import budget_diff
    from llmcost.render.surface import Surface

    chosen = chosen_formats(output_format, output_file, ("table", "json", "markdown"))
    settings = load_settings(config)
    earlier = read(base or settings.folder / FILE)
    now, fresh = measured(settings, as_of, db, earlier.days, wait)
    differences, gates = compared(earlier, now), [fresh, *judged(settings, earlier, now)]

    def rendered(name: str, surface: Surface) -> str:
        if name == "json":
            return budget_diff.json(earlier, now, differences, gates)
        if name == "markdown":
            return budget_diff.markdown(earlier, differences, gates)
        return budget_diff.table(earlier, differences, gates, surface)

    written(chosen, rendered, "table")
    if any(one.outcome == "failed" for one in gates):
        raise typer.Exit(ExitCode.FINDING)
    if any(one.missing for one in gates):
        raise typer.Exit(ExitCode.DATA)


def measured(
    settings: "Settings", as_of: str | None, db: Path | None, days: int, wait: float
) -> tuple["Baseline", "Measured"]:
    """The baseline as of now, and whether the ledger's newest request is young enough for it."""
    from llmcost.budgets.baseline import measure
    from llmcost.budgets.checking import check
    from llmcost.budgets.reading import read_budgets
    from llmcost.domain.period import clock, time_zone
    from llmcost.ledger.database import reading

    budgets = read_budgets(settings)
    now = clock(as_of, time_zone(settings.tz))
    with reading(settings.ledger_path(db), wait=wait) as ledger:
        found = check(ledger, settings, budgets, now, gates=False)
        (fresh,) = found.gates
        return measure(ledger, settings, budgets, found, days=days), fresh
