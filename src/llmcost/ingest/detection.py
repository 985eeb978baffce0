"""What a file is: which sources claim its first records, and which would, were they not two.

Nothing is written and no ledger is opened; the records go through the same reader and the same recognition as in an ingest.
"""

import inspect
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module, resources
from itertools import islice
from typing import TYPE_CHECKING

from llmcost.domain.errors import DataError, UsageError
from llmcost.ingest import sources
from llmcost.ingest.expanding import expand
from llmcost.ingest.files import LogFile
from llmcost.ingest.large import mappable
from llmcost.ingest.offered import looked_at, tell_formats
from llmcost.ingest.parquet import parquet_items
from llmcost.ingest.paths import leaves_of
from llmcost.ingest.reader import Item, Pending, Reject, read
from llmcost.ingest.recognise import claimed, recognise
from llmcost.ingest.registry import all_sources
from llmcost.ingest.source import Route, Source
from llmcost.ledger import database

if TYPE_CHECKING:
    from llmcost.ledger.database import Connection

SAMPLE = 1000
"""How many records of a file are looked at."""
_AT_ONCE = 8 * 1024 * 1024
"""Characters of records of which it is asked at once who claims them, which takes forty times as much memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """What one file was found to hold."""

    path: str
    format: str
    """lines, documents, csv, parquet, sqlite, empty or unknown."""
    compression: str
    records: int
    """How many were looked at."""
    routes: Mapping[Route, int]
    """Records by the source that alone claims them, most first."""
    contested: Mapping[tuple[Route, ...], int]
    """Records that several sources claim, by those sources."""
    unclaimed: int
    """Records nobody claims."""
    unreadable: int
    """Lines that hold no record."""
    foreign: str | None = None
    """What it is instead of a log, and what to do with it, where that shows."""
    trouble: str | None = None
    """Why a file of a folder could not be looked into."""

    @property
    def recognised(self) -> bool:
        """Whether an ingest would take anything from it."""
        return bool(self.routes)


def detect(paths: Iterable[str], *, sample: int = SAMPLE) -> list[Detection]:
    """What each file behind paths, folders and globs is.

    Raises UsageError for a path that does not exist and DataError where there are no files, or a named one cannot be read.
    """
    paths = list(paths)
    if "-" in paths:
        raise UsageError(
            "standard input cannot be looked at without reading it", hint="name a file, a folder or a glob"
        )
    known = {name: source for name, source in all_sources().items() if source.claims != "false"}
    files, trouble = looked_at(paths)
    if not files:
        raise DataError(f"no files in {', '.join(paths)}", hint="name a folder that holds logs, or the logs themselves")
    tell_formats(files, {}, trouble)
    with database.connect() as connection:
        connection.execute(resources.files("llmcost.ingest").joinpath("macros.sql").read_text("utf-8"))
        found = [_detect(connection, file, known, sample) for file in files]
    return [replace(one, trouble=trouble.get(number)) for number, one in enumerate(found)]


def about(name: str) -> str:
    """What the module of a source says about it."""
    return inspect.cleandoc(import_module(f"{sources.__name__}.{name.replace('-', '_')}").__doc__ or "")


def keys_of(source: Source) -> list[str]:
    """The paths of a record that a source reads, sorted; without those only our own reader puts there."""
    own = (source.claims, source.keeps, source.issuer, source.needs_parts)
    expressions = (*own, *source.steps.values(), *source.fields.values(), *source.tags)
    paths = (path for path in leaves_of(expressions) if not path[-1].startswith("llmcost_"))
    return sorted(".".join(f'"{key}"' if "." in key else key for key in path) for path in paths)


def _detect(connection: "Connection", file: LogFile, known: Mapping[str, Source], sample: int) -> Detection:
    texts: list[str] = []
    claims: Counter[tuple[Route, ...]] = Counter()
    records = unreadable = size = 0
    whole = partial(claimed, connection, sources=known)
    for item in expand(islice(_items(connection, file), sample), known, {}, whole):
        text = "" if isinstance(item, Reject | Pending) else mappable(item[1])
        if not text or len(text) > _AT_ONCE:
            unreadable += 1
            continue
        if size + len(text) > _AT_ONCE:
            claims.update(recognise(connection, texts, known).claims)
            texts, size = [], 0
        texts.append(text)
        records += 1
        size += len(text)
    claims.update(recognise(connection, texts, known).claims)
    return Detection(
        path=file.shown,
        format=file.format,
        compression=file.compression,
        records=records,
        routes={routes[0]: count for routes, count in claims.most_common() if len(routes) == 1},
        contested={routes: count for routes, count in claims.most_common() if len(routes) > 1},
        unclaimed=claims[()],
        unreadable=unreadable,
        foreign=file.foreign,
    )


def _items(connection: "Connection", file: LogFile) -> Iterator[Item]:
    if file.format in {"unknown", "empty"}:
        return
    if file.format != "parquet":
        yield from read(file)
        return
    yield from parquet_items(connection, file.path)
