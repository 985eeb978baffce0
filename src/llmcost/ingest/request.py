"""What a user asks to be read, and what that means for how it is read."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import IO

from llmcost.domain.attribution import DEFAULT_ATTRIBUTION
from llmcost.domain.errors import UsageError
from llmcost.ingest.registry import all_sources, source_named
from llmcost.ingest.source import Route, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestRequest:
    """What to read and how."""

    paths: Sequence[str]
    ledger: Path
    source: str | None = None
    """Read everything as this source instead of recognising it."""
    mapping: Source | None = None
    """A mapping of the user's own, which then claims everything."""
    mapping_text: str = ""
    at: str | None = None
    """Time of records that state none: UTC ISO text, or `mtime`."""
    attribution: Mapping[str, Sequence[str]] = field(default_factory=lambda: DEFAULT_ATTRIBUTION)
    pricing: Sequence[Path] = ()
    bills: frozenset[str] = frozenset()
    """Reporters whose claimed cost is the bill."""
    wait: float = 30
    stdin: IO[bytes] | None = None
    summary: bool = True
    """Say afterwards what the ledger holds, which takes a look at all of it."""


def sources_for(request: IngestRequest) -> Mapping[str, Source]:
    """The sources a request lets claim records."""
    if request.at == "mtime" and "-" in request.paths:
        raise UsageError("standard input has no time of change", hint="name the time: `--at 2026-11-01T00:00:00Z`")
    if request.mapping is None and request.source is not None and source_named(request.source).claims == "false":
        raise UsageError(f"--source {request.source} needs a mapping", hint="`llmcost ingest --map FILE PATH...`")
    if request.mapping is not None:
        return {"generic": request.mapping}
    if request.source is not None:
        return {request.source: source_named(request.source)}
    return {name: source for name, source in all_sources().items() if source.claims != "false"}


def forced_route(request: IngestRequest) -> Route | None:
    """`--source ID` reads records as that source even where its own signature is missing."""
    if request.source is None:
        return None

    return Route(source_id=request.source, source=replace(source_named(request.source), claims="true"))


def settings_text_of(request: IngestRequest, sources: Mapping[str, Source]) -> str:
    """What besides its content decides how a file is read; a file whose text differs is read again."""
    registry = sha256(json.dumps([(name, source.revision) for name, source in sources.items()]).encode()).hexdigest()[
        :12
    ]
    return json.dumps({"source": request.source, "map": request.mapping_text, "at": request.at, "registry": registry})
