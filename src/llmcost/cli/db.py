"""`llmcost db`: look after the ledger file itself."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from llmcost.cli import db_archive
from llmcost.cli.db_forget import forget
from llmcost.cli.db_merge import merge
from llmcost.cli.db_reprice import reprice
from llmcost.cli.options import Config, Db, Limit, ReadWait, Wait
from llmcost.config.settings import load_settings

if TYPE_CHECKING:
    from datetime import datetime

    from llmcost.ledger.info import LedgerInfo


def register(app: typer.Typer) -> None:
    """Add the group to the command line."""
    group = typer.Typer(help="Look after the ledger file.", rich_markup_mode=None)
    group.command("info")(info)
    group.command("migrate")(migrate)
    group.command("rejects")(rejects)
    group.command("reattribute")(reattribute)
    group.command("reprice")(reprice)
    group.command("merge")(merge)
    group.command("forget")(forget)
    db_archive.add_to(group)
    app.add_typer(group, name="db")


def info(
    *,
    wait: ReadWait = 5,
    db: Db = None,
    config: Config = None,
    output_format: Annotated[Literal["table", "json"], typer.Option("--format", help="How to show it.")] = "table",
) -> None:
    """Show what the ledger holds. Size, schema, rows, sources, files."""
    from llmcost.ledger.info import info as describe

    found = describe(load_settings(config).ledger_path(db), wait=wait)
    typer.echo(_json(found) if output_format == "json" else _table(found))


def migrate(*, db: Db = None, config: Config = None, wait: Wait = None) -> None:
    """Bring an older ledger to this version's schema. The old file is kept as NAME.vN.bak."""
    from llmcost.cli import diagnostics
    from llmcost.ledger import database, failures, migrations

    path = load_settings(config).ledger_path(db)
    if not failures.is_there(path):
        raise failures.missing(path.absolute())
    with database.writing(path, wait=30 if wait is None else wait) as ledger:
        version = migrations.version(migrations.applied_names(ledger))
    diagnostics.note(f"{path} has schema version {version}")


def rejects(
    *,
    limit: Limit = None,
    wait: ReadWait = 5,
    db: Db = None,
    config: Config = None,
    output_format: Annotated[Literal["table", "json"], typer.Option("--format", help="How to show it.")] = "table",
) -> None:
    """List the lines that could not be read. File, line and reason, never their text."""
    import json

    from llmcost.cli import diagnostics
    from llmcost.domain.printable import printable
    from llmcost.ingest.rejects import stored_rejects

    found = list(stored_rejects(load_settings(config).ledger_path(db), limit, wait=wait))
    if output_format == "json":
        rows = [
            {"path": row.path, "line": row.line, "reason": row.reason, "line_hash": row.line_hash, "source": row.source}
            for row in found
        ]
        typer.echo(json.dumps({"schema": "llmcost/rejects/1", "rejects": rows}, indent=2, ensure_ascii=False))
        return
    for row in found:
        typer.echo(printable(f"{row.path}:{row.line}: {row.reason}" + (f" ({row.source})" if row.source else "")))
    if not found:
        diagnostics.note("every line was read")


def reattribute(*, db: Db = None, config: Config = None, wait: Wait = None) -> None:
    """Fill customer_id, team and so on again from stored tags. For when `attribution:` changed."""
    from llmcost.domain.text import plural
    from llmcost.ingest.reattribute import reattribute as apply
    from llmcost.ledger import failures

    settings = load_settings(config)
    path = settings.ledger_path(db)
    if not failures.is_there(path):
        raise failures.missing(path.absolute())
    changed = apply(path, settings.attribution, wait=30 if wait is None else wait)
    for column, count in changed.items():
        if count:
            typer.echo(f"{column}: {plural(count, 'request')} changed")
    if not any(changed.values()):
        typer.echo("nothing changed: the ledger already follows these rules")


def _json(found: "LedgerInfo") -> str:
    import json

    document = {
        "schema": "llmcost/db-info/1",
        "path": str(found.path),
        "size": found.size,
        "schema_version": found.schema_version,
        "duckdb_version": found.duckdb_version,
        "tables": dict(found.tables),
        "first_request": _instant(found.first_request),
        "last_request": _instant(found.last_request),
        "sources": dict(found.sources),
        "first_bucket": _instant(found.first_bucket),
        "last_bucket": _instant(found.last_bucket),
        "bucket_sources": dict(found.bucket_sources),
        "files": dict(found.files),
        "pulled": [
            {
                "gateway": one.stream.gateway,
                "url": one.stream.url,
                "stream": one.stream.name,
                "since": _instant(one.since),
                "until": _instant(one.until),
            }
            for one in found.pulled
        ],
        "price_list": found.price_list,
        "price_list_as_of": found.price_list_as_of,
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _instant(at: "datetime | None") -> str | None:
    return None if at is None else at.isoformat().removesuffix("+00:00") + "Z"


def _table(found: "LedgerInfo") -> str:
    from llmcost.domain.printable import printable

    rows = [
        ("ledger", str(found.path)),
        ("size", f"{found.size:,} bytes"),
        ("schema version", str(found.schema_version)),
        ("duckdb", found.duckdb_version),
        ("first request", f"{found.first_request:%Y-%m-%d %H:%M:%S} UTC" if found.first_request else "none"),
        ("last request", f"{found.last_request:%Y-%m-%d %H:%M:%S} UTC" if found.last_request else "none"),
        ("price list", _price_list(found)),
        *((f"rows in {table}", f"{count:,}") for table, count in found.tables.items()),
        *((f"requests from {source}", f"{count:,}") for source, count in found.sources.items()),
        *(
            [("usage buckets", f"{found.first_bucket:%Y-%m-%d %H:%M} to {found.last_bucket:%Y-%m-%d %H:%M} UTC")]
            if found.first_bucket and found.last_bucket
            else []
        ),
        *((f"buckets from {source}", f"{count:,}") for source, count in found.bucket_sources.items()),
        *((f"files {status}", f"{count:,}") for status, count in found.files.items()),
        *(
            (
                f"pulled {one.stream.gateway}",
                f"{one.stream.shown}, {one.since:%Y-%m-%d %H:%M} to {one.until:%Y-%m-%d %H:%M} UTC",
            )
            for one in found.pulled
        ),
    ]
    shown = [(printable(label), printable(value)) for label, value in rows]
    width = max(len(label) for label, _ in shown)
    return "\n".join(f"{label:<{width}}  {value}" for label, value in shown)


def _price_list(found: "LedgerInfo") -> str:
    if found.price_list is None:
        return "none"
    return found.price_list if found.price_list_as_of is None else f"{found.price_list} as of {found.price_list_as_of}"
