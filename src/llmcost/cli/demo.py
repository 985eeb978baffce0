"""`llmcost demo`: a realistic gateway log, read and reported, in one command."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("demo")(demo)


def demo(
    directory: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where to write the log and its ledger.")] = Path("llmcost-demo"),
    *,
    seed: Annotated[int, typer.Option("--seed", help="Another seed, another company.")] = 2026,
    requests: Annotated[int, typer.Option("--requests", min=1000, help="How many requests to make up.")] = 60_000,
) -> None:
    """Write three months of a made-up gateway's log, read it, and show what it cost."""
    from llmcost.cli import diagnostics
    from llmcost.demo import generate
    from llmcost.domain.errors import DataError
    from llmcost.ingest.run import IngestRequest, ingest
    from llmcost.ledger import database
    from llmcost.render.demo import show
    from llmcost.render.progress import progress

    logs = directory / "logs"
    try:
        logs.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"cannot make {logs}: {error.strerror or error}", hint="name another folder: `llmcost demo DIR`") from error
    generate(logs, seed=seed, requests=requests)
    ledger = (directory / "llmcost.duckdb").absolute()
    with progress("reading") as advance:
        result = ingest(IngestRequest(paths=[str(logs)], ledger=ledger), advance)
    with database.reading(ledger) as connection:
        show(result, connection, directory)
    diagnostics.note(f"the log is in {logs}, its ledger is {directory / 'llmcost.duckdb'}")
