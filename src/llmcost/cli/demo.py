"""`llmcost demo`: a realistic gateway log, read and reported, in one command."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

_LEDGER = "llmcost.duckdb"
_MARKER = "company.txt"
"""What tells a folder of a demo from others."""
_NEXT = (
    "report",
    "report --by month,model,environment",
    "report --by feature --where environment=development",
    "dashboard exec --output dashboard.html",
    "db rejects",
)


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("demo")(demo)


def demo(
    directory: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where to write the log and its ledger.")] = Path(
        "llmcost-demo"
    ),
    *,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Another seed, another company.")] = 2026,
    requests: Annotated[
        int, typer.Option("--requests", metavar="N", min=1000, help="How many requests to make up.")
    ] = 60_000,
) -> None:
    """Make a gateway's log up, read it, and show what it cost. The log covers three months."""
    from llmcost.cli import diagnostics
    from llmcost.demo import generate
    from llmcost.domain.errors import DataError
    from llmcost.ingest.request import IngestRequest
    from llmcost.ingest.run import ingest
    from llmcost.ledger import database
    from llmcost.render import output
    from llmcost.render.formats import render
    from llmcost.render.ingest import as_text
    from llmcost.render.progress import progress
    from llmcost.render.surface import surface_of
    from llmcost.reports.cost_by import cost_by
    from llmcost.reports.question import Question

    logs = directory / "logs"
    _unused(directory)
    try:
        logs.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(
            f"cannot make {logs}: {error.strerror or error}", hint="name another folder: `llmcost demo DIR`"
        ) from error
    _same_company(directory, f"seed {seed}, {requests} requests\n")
    ledger = (directory / _LEDGER).absolute()
    try:
        generate(logs, seed=seed, requests=requests)
        with progress("reading") as advance:
            result = ingest(IngestRequest(paths=[str(logs)], ledger=ledger), advance)
    except KeyboardInterrupt:
        diagnostics.note(f"interrupted; the same command makes {directory} whole")
        raise
    with database.reading(ledger) as connection:
        document = cost_by(connection, Question(by=("customer_id",), top=10))
    shown = shlex.quote(str(directory / _LEDGER))
    surface = surface_of(sys.stdout)
    output.write(f"{as_text(result, f' --db {shown}', surface.width)}\n\n{render(document, 'table', surface)}")
    diagnostics.note(f"the log is in {logs}; try next:")
    for command in _NEXT:
        diagnostics.lines(f"  llmcost {command} --db {shown}")


def _unused(directory: Path) -> None:
    """Made-up requests never go among real ones, nor their log over a real log."""
    from llmcost.domain.errors import UsageError

    if (directory / _MARKER).exists():
        return
    logs = directory / "logs"
    taken = [path for path in (directory / _LEDGER, *(logs.iterdir() if logs.is_dir() else ())) if path.exists()]
    if taken:
        raise UsageError(
            f"{directory} is in use: {min(taken)} is not of a demo",
            hint="name another folder, which may be a new one: `llmcost demo DIR`",
        )


def _same_company(directory: Path, company: str) -> None:
    """One folder holds one made-up company: a second one in its ledger would be added to the first."""
    from llmcost.domain.errors import UsageError

    marker = directory / _MARKER
    if not marker.exists():
        marker.write_text(company, "utf-8")
    elif marker.read_text("utf-8") != company:
        raise UsageError(
            f"{directory} holds another demo: {marker.read_text('utf-8').strip()}",
            hint="name another folder: `llmcost demo DIR`",
        )
