"""Where a row of the ledger came from: the lines of its files, found by reading them again as they were read.

A row keeps its file, not its lines. Records are recognised, mapped and keyed as in an ingest, and those with the row's key
are its lines. Of a log with one record a line only the lines that hold the request's id are looked at; if none of them is
it, because the id was made up from other values, all are.
"""

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from llmcost.config.yaml import parse_document
from llmcost.domain.errors import LlmcostError
from llmcost.ingest.commit import key_rows
from llmcost.ingest.files import PULLED, RECEIVED, LogFile, look_at
from llmcost.ingest.formats import is_damage
from llmcost.ingest.generic import mapping_of
from llmcost.ingest.lineage import lineage_of
from llmcost.ingest.lines import numbered_lines
from llmcost.ingest.reader import Item, read_lines, up_to_damage
from llmcost.ingest.request import IngestRequest, forced_route, sources_for
from llmcost.ingest.source import Route
from llmcost.ingest.stage import MappingSettings, Stage
from llmcost.ingest.strict import StrictPass
from llmcost.ledger import database

if TYPE_CHECKING:
    from uuid import UUID

    from llmcost.ledger.database import Connection

State = Literal["found", "not found", "gone", "unreadable", "not kept", "pulled", "received"]
_SEARCHED_BYTES = 1024 * 1024 * 1024
"""How much of files that may also hold the call is searched, in bytes as stored."""
_PIECE = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A file a row was read from, and where in it."""

    path: str
    state: State
    lines: tuple[int, ...]
    """1-based; of a record over several lines, the first."""
    changed: bool
    """Whether the file is not the one that was read any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Everything found about where a row came from."""

    sightings: tuple[Sighting, ...]
    """The file it was first read from, then others that hold it."""
    unsearched: int
    """Other files that were not searched: too much to read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stored:
    """A file as the ledger knows it."""

    file_id: int
    path: str
    size: int
    fingerprint: str
    settings: str
    sources: tuple[str, ...]


def trace(
    ledger: Path,
    rows: Sequence[Mapping[str, Any]],
    attribution: Mapping[str, Sequence[str]],
    *,
    wait: float = 5,
) -> list[Trace]:
    """For each row of the ledger, its lines. A row needs `row_key`, `request_id`, `file_id`."""
    with database.reading(ledger, wait=wait) as connection:
        stored = [
            _Stored(
                file_id=file_id,
                path=path,
                size=size,
                fingerprint=fingerprint,
                settings=settings,
                sources=tuple(json.loads(sources)),
            )
            for file_id, path, size, fingerprint, settings, sources in connection.execute(
                "select file_id, path, size, fingerprint, settings, sources from file order by status = 'replaced', file_id"
            ).fetchall()
        ]
        disputed = {
            (str(key), file_id)
            for key, file_id in connection.execute("select row_key, file_id from conflict").fetchall()
        }
    with database.connect() as connection, tempfile.TemporaryDirectory(prefix="llmcost-") as folder:
        connection.execute(resources.files("llmcost.ingest").joinpath("macros.sql").read_text("utf-8"))
        search = _Search(connection, Path(folder), attribution, {one.path: one.sources for one in stored})
        return [
            search.row(
                row["row_key"],
                row["request_id"],
                own=[one for one in stored if one.file_id == row["file_id"]],
                disputed=[one for one in stored if (str(row["row_key"]), one.file_id) in disputed],
                others=stored,
            )
            for row in rows
        ]


class _Search:
    """One connection and the files looked at with it."""

    def __init__(
        self,
        connection: "Connection",
        folder: Path,
        attribution: Mapping[str, Sequence[str]],
        known: Mapping[str, Sequence[str]],
    ) -> None:
        self.known = known
        """The files of the ledger, and the sources found in each."""
        self.connection = connection
        self.folder = folder
        self.attribution = attribution

    def row(
        self,
        key: "UUID",
        request_id: str | None,
        *,
        own: Sequence[_Stored],
        disputed: Sequence[_Stored],
        others: Sequence[_Stored],
    ) -> Trace:
        """The lines of one row."""
        certain = list(dict.fromkeys([*own, *disputed]))
        sightings = [self._sighting(one, key, request_id, thorough=True) for one in certain]
        unsearched, budget = 0, _SEARCHED_BYTES
        for one in others:
            if request_id is None or one.path in {known.path for known in certain} or not Path(one.path).is_file():
                continue
            budget -= one.size
            if budget < 0:
                unsearched += 1
                continue
            if _holds(one, request_id):
                sighting = self._sighting(one, key, request_id, thorough=False)
                sightings += [sighting] if sighting.state == "found" else []
        return Trace(sightings=tuple(sightings), unsearched=unsearched)

    def _sighting(self, stored: _Stored, key: "UUID", request_id: str | None, *, thorough: bool) -> Sighting:
        path = Path(stored.path)
        if stored.path.startswith("stdin:"):
            return Sighting(path="standard input", state="not kept", lines=(), changed=False)
        if stored.path.startswith(PULLED):
            return Sighting(path=stored.path.removeprefix(PULLED), state="pulled", lines=(), changed=False)
        if stored.path.startswith(RECEIVED):
            return Sighting(path=stored.path.removeprefix(RECEIVED), state="received", lines=(), changed=False)
        if not path.is_file():
            return Sighting(path=stored.path, state="gone", lines=(), changed=False)
        try:
            file = look_at(path, stored.path, named=True)
            lines = self._lines(file, stored, key, request_id, thorough=thorough)
        except (LlmcostError, OSError):
            return Sighting(path=stored.path, state="unreadable", lines=(), changed=False)
        return Sighting(
            path=stored.path,
            state="found" if lines else "not found",
            lines=tuple(lines),
            changed=(file.size, file.fingerprint) != (stored.size, stored.fingerprint),
        )

    def _lines(
        self, file: LogFile, stored: _Stored, key: "UUID", request_id: str | None, *, thorough: bool
    ) -> list[int]:
        """Lines with the key. A `thorough` search looks at all where none with the id has it."""
        if file.format in {"empty", "unknown"}:
            return []
        request = _request_of(stored)
        sources = sources_for(request)
        settings = MappingSettings(
            sources=sources,
            attribution=self.attribution,
            at=request.at,
            lineage=lineage_of([file], sources, self.known),
            forced=forced_route(request),
        )
        needle = request_id if file.format == "lines" else None
        found = self._keyed(file, settings, key, needle)
        return found if found or needle is None or not thorough else self._keyed(file, settings, key, None)

    def _keyed(self, file: LogFile, settings: MappingSettings, key: "UUID", needle: str | None) -> list[int]:
        stage = Stage(self.connection, [file], settings, self.folder)
        lines = _Lines(stage)
        if needle is None:
            lines.file(0)
        else:
            lines.take(0, up_to_damage(_lines_with(file, needle)))
        if not lines.found:
            return []
        stage.show()
        key_rows(self.connection)
        rows = self.connection.execute(
            "select distinct line from staged where row_key = $key order by line", {"key": key}
        )
        return [line for (line,) in rows.fetchall()]


class _Lines(StrictPass):
    """Stages rows with the line each came from."""

    found = False
    """Whether any record was mapped."""

    def account(
        self, number: int, table: str, chunk: Sequence[tuple[int, str]], routes: Sequence[Route]
    ) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
        """As the pass does, and the table gets a column `line`."""
        outcome = super().account(number, table, chunk, routes)
        self.stage.connection.execute(f"alter table {table} add column line bigint")
        self.stage.connection.execute(
            f"update {table} set line = ($lines::bigint[])[{table}.rowid + 1]", {"lines": [line for line, _ in chunk]}
        )
        self.found = True
        return outcome


def _lines_with(file: LogFile, needle: str) -> Iterator[Item]:
    """The records of lines that hold a text."""
    wanted = _spellings(needle)
    with file.open() as stream:
        for line, text, ended in numbered_lines(stream):
            if any(one in text for one in wanted):
                yield from read_lines([(line, text, ended)])


def _request_of(stored: _Stored) -> IngestRequest:
    """What decided how the file was read."""
    settings = json.loads(stored.settings)
    mapping = settings.get("map") or ""
    return IngestRequest(
        paths=[stored.path],
        ledger=Path(),
        source=settings.get("source"),
        mapping=mapping_of(parse_document(mapping, "mapping")) if mapping else None,
        mapping_text=mapping,
        at=settings.get("at"),
    )


def _spellings(text: str) -> list[bytes]:
    """How a text may be written in a log."""
    quoted = (json.dumps(text, ensure_ascii=ascii_only)[1:-1] for ascii_only in (False, True))
    return list(dict.fromkeys(one.encode("utf-8", "replace") for one in (text, *quoted)))


def _holds(stored: _Stored, text: str) -> bool:
    """Whether a file has a text in it anywhere."""
    wanted = _spellings(text)
    overlap = max(map(len, wanted))
    try:
        with look_at(Path(stored.path), stored.path, named=True).open() as stream:
            before = b""
            while part := stream.read(_PIECE):
                if any(one in before + part for one in wanted):
                    return True
                before = part[-overlap:]
    except (LlmcostError, OSError):
        return False
    except Exception as error:
        if not is_damage(error):
            raise
    return False
