"""`llmcost ingest`: read logs into the ledger, each call once."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from llmcost.cli.options import Config, Db, Quiet, Strict, Wait

if TYPE_CHECKING:
    from llmcost.config.settings import Settings
    from llmcost.ingest.result import IngestResult

Paths = Annotated[
    list[str] | None,
    typer.Argument(metavar="PATH...", help="Files, folders, globs, or - for standard input.", show_default=False),
]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("ingest")(ingest)


def ingest(
    paths: Paths = None,
    *,
    source: Annotated[
        str | None,
        typer.Option("--source", metavar="ID", help="Read everything as this source; `llmcost sources` lists them."),
    ] = None,
    mapping: Annotated[
        Path | None,
        typer.Option("--map", metavar="FILE", help="Read any CSV, JSON lines or Parquet with this mapping."),
    ] = None,
    suggest_map: Annotated[
        Path | None, typer.Option("--suggest-map", metavar="FILE", help="Print a first mapping for this file and stop.")
    ] = None,
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="TIME", help="Time of records that state none: ISO, or mtime for the file's own."),
    ] = None,
    listen: Annotated[
        str | None,
        typer.Option("--listen", metavar="[HOST]:PORT", help="Take OpenTelemetry spans over HTTP until Ctrl-C."),
    ] = None,
    gateway: Annotated[
        str | None,
        typer.Option("--from", metavar="GATEWAY", help="Pull from this gateway's API; `llmcost sources` lists them."),
    ] = None,
    url: Annotated[str | None, typer.Option("--url", metavar="URL", help="Where the gateway is.")] = None,
    since: Annotated[str | None, typer.Option("--since", metavar="TIME", help="Pull from this ISO time on.")] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="TIME", help="Pull up to, not including, this ISO time.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Pull also what was pulled before.")] = False,
    follow: Annotated[bool, typer.Option("--follow", help="Go on looking for new records until stopped.")] = False,
    output_format: Annotated[
        Literal["table", "json"], typer.Option("--format", help="How to show what happened.")
    ] = "table",
    strict: Strict = False,
    quiet: Quiet = False,
    wait: Wait = None,
    db: Db = None,
    config: Config = None,
) -> None:
    """Read logs into the ledger. The format is recognised; what was read before is not read twice."""
    from llmcost.cli import diagnostics, ingest_pull
    from llmcost.cli.ingest_listen import received
    from llmcost.cli.retyped import retyped
    from llmcost.config.settings import load_settings
    from llmcost.domain.errors import ExitCode, LlmcostError, UsageError
    from llmcost.ingest.generic import read_mapping
    from llmcost.ingest.request import IngestRequest
    from llmcost.render.ingest import as_json, as_text, unmet
    from llmcost.render.surface import surface_of

    if suggest_map is not None:
        from llmcost.ingest.suggestion import suggest

        typer.echo(suggest(suggest_map), nl=False)
        return
    settings = load_settings(config)
    named = list(paths or [])
    for_files = [name for name, given in (("--source", source), ("--map", mapping), ("--at", at)) if given is not None]
    if listen is not None and (named or for_files or gateway or url):
        raise UsageError("--listen takes nothing but what is sent to it", hint="read files with a run of its own")
    pulls = ingest_pull.wanted(
        settings,
        gateway=gateway,
        url=url,
        since=since,
        until=until,
        again=again,
        follow=follow,
        paths=named,
        for_files=for_files,
    )
    if source == "outcomes" and not named:
        raise UsageError(
            "--source outcomes needs the files that hold them", hint="`ingest:` in llmcost.yaml names logs"
        )
    if not named and gateway is None and listen is None:
        settings.check_there("ingest")
        named = [str(entry) for entry in settings.ingest if isinstance(entry, Path)]
        if not named and not pulls:
            raise _nothing_named()
    if "-" in named and sys.stdin.isatty():
        raise UsageError("standard input is a terminal", hint="pipe a log in: `zcat log.gz | llmcost ingest -`")
    if source == "outcomes" and mapping is None:
        _outcomes(
            named,
            settings,
            strict=strict,
            quiet=quiet,
            wait=30 if wait is None else wait,
            db=db,
            as_json=output_format == "json",
        )
        return
    request = IngestRequest(
        paths=named,
        ledger=settings.ledger_path(db).absolute(),
        source=source,
        at=_instant(at),
        attribution=settings.attribution,
        pricing=settings.pricing,
        bills=settings.bills,
        wait=30 if wait is None else wait,
        stdin=sys.stdin.buffer if "-" in named else None,
        summary=not (quiet and output_format == "json"),
        mapping=read_mapping(mapping) if mapping is not None else None,
        mapping_text=mapping.read_text("utf-8") if mapping is not None else "",
    )
    errors: tuple[LlmcostError, ...] = ()
    if listen is not None:
        result = received(request, listen, quiet=quiet)
    else:
        result, errors = ingest_pull.read(request, pulls, following=follow, quiet=quiet)
    options = retyped(("--db", db))
    typer.echo(as_json(result) if output_format == "json" else as_text(result, options, surface_of(sys.stdout).width))
    _talk(result, options, quiet=quiet, mapped=mapping is not None)
    codes = [diagnostics.fail(error) for error in errors]
    if not result.complete:
        raise typer.Exit(ExitCode.DATA)
    if strict and (why := unmet(result, options)) is not None:
        diagnostics.warning(why.message, hint=why.hint)
        raise typer.Exit(ExitCode.DATA)
    if codes:
        raise typer.Exit(min(codes))


def _outcomes(
    paths: list[str], settings: "Settings", *, strict: bool, quiet: bool, wait: float, db: Path | None, as_json: bool
) -> None:
    """Business events instead of calls."""
    from llmcost.cli import diagnostics
    from llmcost.cli.retyped import retyped
    from llmcost.domain.errors import DataError, ExitCode
    from llmcost.ingest.outcomes import OutcomeRequest, ingest_outcomes
    from llmcost.render import outcomes as rendered

    result = ingest_outcomes(
        OutcomeRequest(
            paths=paths,
            ledger=settings.ledger_path(db).absolute(),
            attribution=settings.attribution,
            wait=wait,
            stdin=sys.stdin.buffer if "-" in paths else None,
        )
    )
    options = retyped(("--db", db))
    typer.echo(rendered.as_json(result) if as_json else rendered.as_text(result, options))
    for message, hint in rendered.failures(result):
        diagnostics.fail(DataError(message, hint=hint))
    if not quiet:
        for message, hint in rendered.remarks(result):
            diagnostics.warning(message, hint=hint)
    if not result.complete or (strict and any(file.rejected for file in result.files)):
        raise typer.Exit(ExitCode.DATA)


def _instant(at: str | None) -> str | None:
    if at is None or at == "mtime":
        return at
    from datetime import UTC

    from llmcost.domain.period import parse_instant

    return parse_instant(at, UTC).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def _nothing_named() -> Exception:
    from llmcost.domain.errors import UsageError
    from llmcost.ingest.places import found_places

    places = found_places()
    if not places:
        return UsageError(
            "nothing to read", hint="`llmcost ingest PATH...`, or list paths under `ingest:` in llmcost.yaml"
        )
    commands = ", ".join(f"`llmcost ingest {place}`" for place in places)
    return UsageError("nothing to read", hint=f"logs were found here: {commands}")


def _talk(result: "IngestResult", options: str, *, quiet: bool, mapped: bool) -> None:
    """Say what there is to know; `quiet`, only what nothing else would ever tell of."""
    from llmcost.cli import diagnostics
    from llmcost.render.ingest import remarks

    for remark in remarks(result, options, mapped=mapped):
        if quiet and not remark.loud:
            continue
        if remark.serious:
            diagnostics.warning(remark.message, hint=remark.hint)
        else:
            diagnostics.note(remark.message)
