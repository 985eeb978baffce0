"""`llmcost init`: a llmcost.yaml to start from."""

from pathlib import Path
from typing import Annotated

import typer

from llmcost.cli.options import AsOf, Db, ReadWait, Tz


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("init")(init)


def init(
    *,
    force: Annotated[bool, typer.Option("--force", help="Replace a llmcost.yaml that is there.")] = False,
    stdout: Annotated[bool, typer.Option("--stdout", help="Print it, write nothing.")] = False,
    tz: Tz = None,
    as_of: AsOf = None,
    wait: ReadWait = 5,
    db: Db = None,
) -> None:
    """Write a commented llmcost.yaml into this folder. Its budgets are a fifth above what the ledger holds."""
    import os

    from llmcost.cli import diagnostics
    from llmcost.compose.starting import seen, template
    from llmcost.config.settings import FILE_NAME, Settings
    from llmcost.domain.errors import DataError, UsageError
    from llmcost.domain.period import clock, time_zone
    from llmcost.ledger.database import reading
    from llmcost.render import output

    path = Path(FILE_NAME)
    if path.exists() and not (force or stdout):
        raise UsageError(f"{path} is there already", hint="--stdout shows a new one, --force replaces it")
    zone = tz or "UTC"
    now = clock(as_of, time_zone(zone))
    ledger = Settings().ledger_path(db)
    found = None
    if ledger.exists():
        with reading(ledger, wait=wait) as connection:
            found = seen(connection, now, zone)
    else:
        diagnostics.note(f"no ledger at {ledger}, so the amounts are examples; run `llmcost ingest` first")
    name = ledger.as_posix() if ledger.is_absolute() else Path(os.path.normpath(ledger)).as_posix()
    name = name if ledger.is_absolute() or name.startswith("../") else f"./{name}"
    text = template(found, db=name, tz=zone)
    if stdout:
        output.write(text)
        return
    try:
        output.write(text, path)
    except DataError as error:
        raise DataError(error.message, hint="run it in a folder you may write to, or print it with --stdout") from error
    diagnostics.note(f"wrote {path}; try `llmcost budget status`, then `llmcost check`")
