"""Which sources claim which records of a sample. Exactly one must claim each; priority is no substitute for that."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from llmcost.ingest.envelope import MOUNTS
from llmcost.ingest.extraction import from_objects
from llmcost.ingest.large import mappable
from llmcost.ingest.mapping import layout_of
from llmcost.ingest.paths import Computed, leaves_of
from llmcost.ingest.source import Record, Route, Source

if TYPE_CHECKING:
    from llmcost.ledger.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """What a sample was found to hold."""

    claims: tuple[tuple[Route, ...], ...]
    """Per record, the routes that claim it at the first level where any does."""


def recognise(connection: "Connection", records: Sequence[str], sources: Mapping[str, Source]) -> Recognition:
    """Route each record (JSON text). A source at the root comes before a body in an envelope."""
    claims: list[tuple[Route, ...]] = [
        tuple(Route(source_id=name, source=sources[name]) for name in names)
        for names in _claims(connection, records, list(sources.items()), "json")
    ]
    bodies = [(name, source) for name, source in sources.items() if source.body]
    keys = {number: set(_MOUNT_KEYS.findall(records[number])) for number, claim in enumerate(claims) if not claim}
    for mount in MOUNTS:
        left = [number for number, there in keys.items() if not claims[number] and there.issuperset(mount)]
        if not left:
            continue
        place = "/" + "/".join(mount)
        found = _claims(connection, [records[n] for n in left], bodies, f"unwrapped(json_extract(json, '{place}'))")
        for number, names in zip(left, found, strict=True):
            claims[number] = tuple(Route(source_id=name, source=sources[name], mount=mount) for name in names)
    return Recognition(claims=tuple(claims))


def claimed(connection: "Connection", records: Sequence[Record], sources: Mapping[str, Source]) -> list[bool]:
    """Of each record, whether some source knows it as it is. A mapping, which claims everything, knows those with a time."""
    asked = {
        name: replace(source, claims=f"({source.fields['started_at']}) is not null")
        if source.claims == "true"
        else source
        for name, source in sources.items()
    }
    return [bool(claim) for claim in recognise(connection, [mappable(record) for record in records], asked).claims]


_MOUNT_KEYS = re.compile(f'"({"|".join(sorted({key for mount in MOUNTS for key in mount}))})"')

_EVERYWHERE = frozenset(
    (
        *("id", "type", "object", "status", "timestamp", "model", "message", "metadata", "response", "result", "data"),
        *(
            "request_id",
            "usage",
            "error",
            "output",
            "input_tokens",
            "output_tokens",
            "cost_status",
            "spend",
            "startTime",
        ),
        *("trace_id", "version", "uuid", "body", "images", "pages", "characters"),
        *("request", "text", "created", "created_at", "provider", "role", "time", "duration", "duration_ms", "success"),
        *("cached", "conversation_id", "thread_id", "meta", "metrics", "path", "start_time", "started_at", "traceId"),
    )
)
"""Top-level keys too common to tell whose a record is."""


def root_keys(sources: Iterable[Source]) -> tuple[str, ...]:
    """Top-level keys by which these sources know their records."""
    paths = (path for source in sources for path in leaves_of([source.claims]))
    return tuple(sorted({path[0] for path in paths} - _EVERYWHERE))


def _claims(
    connection: "Connection", records: Iterable[str], sources: Sequence[tuple[str, Source]], body: str
) -> list[list[str]]:
    """Per record, the ids of the sources that claim what `body` finds in it."""
    rows = list(records)
    always = [name for name, source in sources if source.claims == "true"]
    if not rows or always:
        return [list(always) for _ in rows]
    sources = _possible(rows, sources)
    if not sources:
        return [[] for _ in rows]
    routes = [
        Route(
            source_id=name,
            source=Source(title="", issuer="", claims=source.claims, fields={}, json_text=source.json_text),
        )
        for name, source in sources
    ]
    layout = layout_of(routes)
    computed = Computed()
    claims = ", ".join(
        f"case when {layout.compile(route.source.claims, computed)} then {number} end"
        for number, route in enumerate(routes)
    )
    relation = from_objects(
        f"select try_cast(json as json) as json from (select {body} as json from (select try_cast(unnest($records) as json) as json))",
        layout,
    )
    for items in layout.layers:
        relation = f"select *, {items} from ({relation})"
    for layer in (computed.values, computed.parses):
        if layer:
            relation = f"select *, {', '.join(f'{sql} as {name}' for sql, name in layer.items())} from ({relation})"
    query = f"select list_filter([{claims}], lambda c: c is not null) from ({relation})"
    return [
        [sources[number][0] for number in found] for (found,) in connection.execute(query, {"records": rows}).fetchall()
    ]


_SEARCHED = 1_000_000
"""Characters of records beyond which a search for keys costs more than it saves."""
_ESCAPED = re.compile(r"\\u00[0-7]")
"""An ASCII letter written as an escape, under which a key would not be found."""


def _possible(records: Sequence[str], sources: Sequence[tuple[str, Source]]) -> Sequence[tuple[str, Source]]:
    """The sources that know their records by a key that is somewhere in the text; no source claims what has none of its keys.

    DuckDB plans a query over every claim of every source, which takes longer than reading a short log.
    """
    if sum(map(len, records)) > _SEARCHED:
        return sources
    text = "\n".join(records).lower()
    if _ESCAPED.search(text):
        return sources
    return [(name, source) for name, source in sources if _has_a_key(source.claims, text)]


def _has_a_key(claims: str, text: str) -> bool:
    keys = _known_by(claims)
    return keys is None or any(key in text for key in keys)


@lru_cache
def _known_by(claims: str) -> frozenset[str] | None:
    """The top-level keys the expression reads, in lower case; None where it may look anywhere."""
    return None if "@@" in claims else frozenset(path[0].lower() for path in leaves_of([claims]))
