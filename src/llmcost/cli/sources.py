"""`llmcost sources`: what can be read, and what a file is."""

import json
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from llmcost.domain.printable import printable
from llmcost.domain.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from llmcost.gateways.gateway import Gateway
    from llmcost.ingest.detection import Detection
    from llmcost.ingest.source import Source

Format = Annotated[Literal["table", "json"], typer.Option("--format", help="How to show it.")]


def register(app: typer.Typer) -> None:
    """Add the group to the command line."""
    group = typer.Typer(help="Show what can be read, and what a file is.", rich_markup_mode=None)
    group.callback(invoke_without_command=True)(_bare)
    group.command("list")(list_)
    group.command("show")(show)
    group.command("detect")(detect)
    app.add_typer(group, name="sources")


def _bare(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        list_()


def list_(*, output_format: Format = "table") -> None:
    """List what is read. That is every log shape and export, and every gateway that is pulled from."""
    from llmcost.gateways.registry import all_gateways
    from llmcost.ingest.registry import all_sources

    sources = all_sources()
    gateways = all_gateways()
    if output_format == "json":
        entries = [
            {"id": name, "title": source.title, "envelope": source.body, "grain": source.grain}
            for name, source in sources.items()
        ]
        pulled = [_gateway(name, gateway) for name, gateway in gateways.items()]
        _echo_json("sources", {"sources": entries, "gateways": pulled})
        return
    rows = [("ID", "Reads"), *((name, _title(source)) for name, source in sources.items())]
    pulls = [("--from", "Pulls from"), *((name, gateway.title) for name, gateway in gateways.items())]
    typer.echo("\n".join([*_aligned(rows), "", *_aligned(pulls)]))


def show(
    source: Annotated[str, typer.Argument(metavar="ID", help="One of `llmcost sources list`.", show_default=False)],
    *,
    output_format: Format = "table",
) -> None:
    """Show what one source or gateway means. Its semantics, the keys it reads, the columns it fills."""
    from llmcost.gateways.registry import all_gateways
    from llmcost.ingest.detection import about, keys_of
    from llmcost.ingest.registry import all_sources, source_named

    gateways = all_gateways()
    if source in gateways and source not in all_sources():
        _show_gateway(source, gateways[source], as_json=output_format == "json")
        return
    found = source_named(source)
    pulled = [name for name, gateway in gateways.items() if source in gateway.sources]
    if output_format == "json":
        _echo_json(
            "source",
            {
                "id": source,
                "title": found.title,
                "about": about(source),
                "envelope": found.body,
                "grain": found.grain,
                "revision": found.revision,
                "columns": sorted(found.fields),
                "keys": keys_of(found),
                "gateways": pulled,
            },
        )
        return
    typer.echo(
        "\n".join([*_shown(source, found, about(source), keys_of(found)), *_listed("pulled with --from", pulled)])
    )


def detect(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Files, folders or globs.", show_default=False)],
    *,
    output_format: Format = "table",
) -> None:
    """Tell what files are, without reading them into a ledger.

    Looks at the first 1,000 records of each. Exit code 3 when a file is no source's.
    """
    from llmcost.cli import diagnostics
    from llmcost.domain.errors import ExitCode
    from llmcost.ingest.detection import detect as look

    found = look(files)
    if output_format == "json":
        _echo_json("detection", {"files": [_as_dict(detection) for detection in found]})
    else:
        typer.echo("\n".join(line for detection in found for line in _detected(detection)))
    strange = [detection for detection in found if not detection.recognised and detection.format != "empty"]
    for detection in strange:
        if detection.foreign is not None:
            diagnostics.warning(f"{detection.path} is {detection.foreign}")
    if closed := [detection.trouble for detection in strange if detection.trouble is not None]:
        reasons = "; ".join(closed[:3]) + ("; ..." if len(closed) > 3 else "")
        diagnostics.warning(
            f"passed over {plural(len(closed), 'path')}: {reasons}",
            hint="check their permissions, or name the paths to look at",
        )
    others = [detection for detection in strange if detection.foreign is None and detection.trouble is None]
    if others:
        names = ", ".join(detection.path for detection in others[:3]) + (", ..." if len(others) > 3 else "")
        contested = any(detection.contested for detection in others)
        diagnostics.warning(
            f"{plural(len(others), 'file')} not recognised: {names}",
            hint="choose a source with `llmcost ingest --source ID`"
            if contested
            else "`llmcost ingest --suggest-map FILE` drafts a mapping for any table",
        )
    if strange:
        raise typer.Exit(ExitCode.DATA)


def _shown(name: str, source: "Source", text: str, keys: "Sequence[str]") -> "Iterator[str]":
    yield f"{name}: {_title(source)}"
    yield ""
    for paragraph in text.split("\n\n"):
        yield from _wrapped(paragraph)
        yield ""
    yield from _listed("fills", sorted(source.fields))
    yield from _listed("reads", keys)
    if source.body:
        yield from _listed("found", ["at the root of a record, or inside a log's own envelope"])


def _show_gateway(name: str, gateway: "Gateway", *, as_json: bool) -> None:
    from llmcost.gateways.registry import about

    if as_json:
        _echo_json("gateway", {**_gateway(name, gateway), "about": about(name)})
        return
    lines = [f"{name}: {gateway.title}", ""]
    for paragraph in about(name).split("\n\n"):
        lines += [*_wrapped(paragraph), ""]
    lines += _listed("at", [gateway.url or "the address given with --url"])
    lines += _listed("key in", gateway.auth.variables)
    lines += _listed("read by", gateway.sources)
    typer.echo("\n".join(lines))


def _gateway(name: str, gateway: "Gateway") -> dict[str, object]:
    return {
        "id": name,
        "title": gateway.title,
        "url": gateway.url,
        "variables": list(gateway.auth.variables),
        "sources": list(gateway.sources),
    }


def _title(source: "Source") -> str:
    return f"{source.title} (usage buckets)" if source.grain == "bucket" else source.title


def _listed(label: str, words: "Sequence[str]") -> "Iterator[str]":
    if words:
        yield from _wrapped(f"{label} {', '.join(words)}", indent=len(label) + 1)


def _wrapped(paragraph: str, *, indent: int = 0) -> "Iterator[str]":
    """Its lines at 80 columns; what is indented stays as it is."""
    import textwrap

    if "\n " in f"\n{paragraph}":
        yield from paragraph.splitlines()
        return
    yield from textwrap.wrap(
        paragraph, 79, subsequent_indent=" " * indent, break_on_hyphens=False, break_long_words=False
    )


def _detected(detection: "Detection") -> "Iterator[str]":
    packed = "" if detection.compression == "uncompressed" else f", {detection.compression}"
    kind = detection.format if detection.trouble is None else "unreadable"
    yield printable(f"{detection.path} ({kind}{packed})")
    rows = [(route.name, f"{count:,}") for route, count in detection.routes.items()]
    rows += [(" or ".join(route.name for route in routes), f"{n:,}") for routes, n in detection.contested.items()]
    rows += [("no source", f"{detection.unclaimed:,}")] if detection.unclaimed else []
    rows += [("no record", f"{detection.unreadable:,}")] if detection.unreadable else []
    yield from (f"  {line}" for line in _aligned(rows))


def _as_dict(detection: "Detection") -> dict[str, object]:
    return {
        "path": detection.path,
        "format": detection.format,
        "compression": detection.compression,
        "records": detection.records,
        "sources": [
            {"id": route.source_id, "mount": ".".join(route.mount) or None, "records": count}
            for route, count in detection.routes.items()
        ],
        "contested": [
            {"ids": [route.source_id for route in routes], "records": count}
            for routes, count in detection.contested.items()
        ],
        "unclaimed": detection.unclaimed,
        "unreadable": detection.unreadable,
    }


def _aligned(rows: "Iterable[tuple[str, str]]") -> "Iterator[str]":
    found = [(printable(left), printable(right)) for left, right in rows]
    width = max((len(left) for left, _ in found), default=0)
    return (f"{left:<{width}}  {right}".rstrip() for left, right in found)


def _echo_json(kind: str, content: dict[str, object]) -> None:
    typer.echo(json.dumps({"schema": f"llmcost/{kind}/1", **content}, indent=2, ensure_ascii=False))
