"""`llmcost db merge`: other ledgers into ours."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from llmcost.cli.options import Config, Db, Wait


def merge(
    others: Annotated[
        list[Path], typer.Argument(metavar="OTHER...", help="Ledgers; they stay as they are.", show_default=False)
    ],
    *,
    output_format: Annotated[Literal["table", "json"], typer.Option("--format", help="How to show it.")] = "table",
    db: Db = None,
    config: Config = None,
    wait: Wait = None,
) -> None:
    """Merge other ledgers into this one, each call once. In one transaction; merging again changes nothing.

    Calls that both have are merged field by field, as when their logs are read into one ledger.
    """
    from llmcost.cli import diagnostics
    from llmcost.config.settings import load_settings
    from llmcost.domain.printable import printable
    from llmcost.domain.text import plural
    from llmcost.ingest.merging import MergeRequest
    from llmcost.ingest.merging import merge as apply
    from llmcost.render.json import dumped

    settings = load_settings(config)
    done = apply(
        MergeRequest(
            ledger=settings.ledger_path(db),
            others=others,
            attribution=settings.attribution,
            pricing=settings.pricing,
            bills=settings.bills,
            wait=30 if wait is None else wait,
        )
    )
    if output_format == "json":
        entries = [
            {
                "path": str(one.path),
                "requests": one.requests,
                "new": one.new,
                "changed": one.changed,
                "known": one.requests - one.new - one.changed,
                "conflicts": one.conflicts,
                "late": one.late,
            }
            for one in done
        ]
        typer.echo(dumped({"schema": "llmcost/db-merge/1", "ledgers": entries}))
        return
    for one in done:
        known = one.requests - one.new - one.changed
        parts = [f"{one.new:,} new", f"{one.changed:,} merged", f"{known:,} known"]
        if one.conflicts:
            parts.append(plural(one.conflicts, "conflict"))
        typer.echo(printable(f"{one.path}: {', '.join(parts)}"))
        if one.late:
            diagnostics.note(f"{plural(one.late, 'new request')} began in a period whose prices are locked")
