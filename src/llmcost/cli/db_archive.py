"""`llmcost db export` and `db import`: a ledger as a folder that any version of DuckDB reads, and back."""

from pathlib import Path
from typing import Annotated

import typer

from llmcost.cli.options import Config, Db, ReadWait

Folder = Annotated[Path, typer.Argument(metavar="DIR", show_default=False)]


def add_to(group: typer.Typer) -> None:
    """Add the commands to the group."""
    group.command("export")(export)
    group.command("import")(import_)


def export(folder: Folder, *, db: Db = None, config: Config = None, wait: ReadWait = 5) -> None:
    """Write the whole ledger into a new folder. A Parquet file for each table, a manifest with schema and checksums.

    `llmcost db import` makes the same ledger of it, with another version of DuckDB too.
    """
    from llmcost.cli import diagnostics
    from llmcost.config.settings import load_settings
    from llmcost.domain.text import plural
    from llmcost.ledger.archive import export_ledger

    done = export_ledger(load_settings(config).ledger_path(db), folder, wait=wait)
    diagnostics.note(
        f"{plural(sum(done.rows.values()), 'row')} of {plural(len(done.rows), 'table')} written to {folder}"
    )


def import_(folder: Folder, *, db: Db = None, config: Config = None) -> None:
    """Make a ledger of a folder that `llmcost db export` wrote. There must be none yet at --db.

    To add it to a ledger, import it into a new file and `llmcost db merge` that.
    """
    from llmcost.cli import diagnostics
    from llmcost.config.settings import load_settings
    from llmcost.domain.text import plural
    from llmcost.ledger.archive import import_ledger

    ledger = load_settings(config).ledger_path(db)
    done = import_ledger(folder, ledger)
    diagnostics.note(
        f"{plural(sum(done.rows.values()), 'row')} of {plural(len(done.rows), 'table')} read into {ledger}"
    )
