"""A batch of files into the staging table: mapped, keyed, and with everything unreadable accounted for.

The bulk goes through DuckDB in one pass. Records it could not parse, that no source claimed, or that must be taken apart
go through the strict reader and the same mapping again. What is left after that is a reject.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from llmcost.domain.request import COLUMNS
from llmcost.ingest.envelope import why_no_time
from llmcost.ingest.extraction import LINE_LIMIT, from_files, from_objects, link_name
from llmcost.ingest.files import LogFile
from llmcost.ingest.lines import lines_at
from llmcost.ingest.mapping import BOOKKEEPING, IN_PARTS, UNCLAIMED, Mapped, layout_of, mapped, needs_whole
from llmcost.ingest.reader import (
    Item,
    Pending,
    Reject,
    expand,
    hash_of,
    needs_sequence,
    parse,
    read,
    read_lines,
    up_to_damage,
)
from llmcost.ingest.recognise import recognise, root_keys
from llmcost.ingest.source import Record, Route, Source
from llmcost.ingest.spool import spooled
from llmcost.ingest.staged import BULK, REST, keys_select, staged_select
from llmcost.ledger.database import room_for
from llmcost.ledger.failures import cannot_take
from llmcost.ledger.identifiers import quote_literal

if TYPE_CHECKING:
    from llmcost.ledger.database import Connection

_SAMPLE_LINES = 400
_SAMPLE_FILES = 40
_ROUTES_AT_ONCE = 6
"""DuckDB keeps a buffer for every expression of a query; a mapping of many shapes at once would need them all. Records of
rarer shapes go through the strict reader."""
_MANY_KEYS = 120
_CHUNK_BYTES = 32 * 1024 * 1024


@dataclass(slots=True, kw_only=True)
class FileOutcome:
    """What became of one file of a batch."""

    lines: int = 0
    skipped: int = 0
    """Lines of a known shape that are no calls."""
    pending: int = 0
    """Truncated last lines, left for the next run."""
    rejects: list[Reject] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingSettings:
    """What decides how records are mapped."""

    sources: Mapping[str, Source]
    attribution: Mapping[str, Sequence[str]]
    at: str | None = None
    """The time assumed for records that state none: UTC ISO text, or `mtime` for the file's own."""
    lineage: Mapping[str, str] = field(default_factory=dict)
    """Session -> the session it was forked from."""
    forced: Route | None = None
    """The user's own choice of source, for records nobody claims."""


class Staging:
    """The rows of one batch, on a connection whose temporary tables are ours."""

    def __init__(
        self, connection: "Connection", files: Sequence[LogFile], settings: MappingSettings, scratch: Path
    ) -> None:
        self.connection = connection
        self.files = files
        self.settings = settings
        self.scratch = scratch
        self.outcomes = [FileOutcome() for _ in files]
        self._tables: list[str] = []
        self._bulk: Mapped | None = None
        self._siblings: tuple[str, ...] = ()

    def run(self) -> None:
        """Stage one row per call, and fill `outcomes`."""
        for table in (BULK, REST, "tag_set"):
            self.connection.execute(f"drop table if exists {table}")
        bulk = [
            n
            for n, file in enumerate(self.files)
            if file.format == "lines" and not file.damaged and not self._is_sequence(file)
        ]
        if bulk:
            self._read_bulk(bulk)
        for number in range(len(self.files)):
            if number not in set(bulk):
                self._read_strictly(number)
        self._show()

    def _show(self) -> None:
        """The views the other steps read.

        `stage`: keys alone. `staged`: everything. `staged_untagged`: everything but tags. `staged_touched`: the rows whose
        key is in the table `touched`.
        """
        if not self._tables:
            columns = ", ".join(f"{column.name} {column.sql_type}" for column in COLUMNS)
            self.connection.execute(
                f"create temp table {REST} (file_no integer, route tinyint, verdict varchar, near_unique boolean, "
                f"stated_who varchar, {columns}, row_key uuid)"
            )
            self._tables.append(REST)
        if self._bulk is not None and self._bulk.tagging.inputs:
            select = self._bulk.tagging.tag_set(self.settings.attribution)
            self.connection.execute(f"create temp table tag_set as {select}")
        self.connection.execute("create or replace temp table touched (row_key uuid)")
        for view, select in (
            ("stage", keys_select(self._tables)),
            ("staged", staged_select(self._tables, self._bulk)),
            ("staged_untagged", staged_select(self._tables, self._bulk, tagged=False)),
            ("staged_touched", staged_select(self._tables, self._bulk, only="touched")),
        ):
            self.connection.execute(f"create or replace temp view {view} as {select}")

    def _is_sequence(self, file: LogFile) -> bool:
        for line in file.head.splitlines()[:5]:
            try:
                record = parse(line)
            except ValueError:
                continue
            if isinstance(record, dict) and needs_sequence(record, self.settings.sources):
                return True
        return False

    def _read_bulk(self, numbers: Sequence[int]) -> None:
        records = self._sample(numbers)
        claims = recognise(self.connection, records, self.settings.sources).claims
        routes = self._chosen(claims)[:_ROUTES_AT_ONCE]
        plain = _holds_objects(records, routes)
        # Keys of other records may be the very ones by which another source is known.
        enveloped = [
            record for record, claim in zip(records, claims, strict=True) if len(claim) == 1 and claim[0].mount
        ]
        self._siblings = _top_level_keys(enveloped)
        by_compression: dict[str, list[int]] = {}
        for number in numbers:
            by_compression.setdefault(self.files[number].compression, []).append(number)
        for compression, members in by_compression.items():
            if not routes or not self._pass_over(members, compression, routes, plain=plain):
                for number in members:
                    self._read_strictly(number)

    def _sample(self, numbers: Sequence[int]) -> list[str]:
        """Some records of some of the files, as JSON text."""
        sampled = numbers[:: max(len(numbers) // _SAMPLE_FILES, 1)]
        records: list[str] = []
        for number in sampled:
            lines = self.files[number].head.splitlines()[: max(_SAMPLE_LINES // len(sampled), 10)]
            records.extend(text for line in lines if (text := _object_text(line)) is not None)
        return records

    def _pass_over(self, numbers: Sequence[int], compression: str, routes: Sequence[Route], *, plain: bool) -> bool:
        """One pass over the files; False when DuckDB cannot take them whole (an enormous line, broken compression)."""
        paths = "[" + ", ".join(quote_literal(str(self._link(number))) for number in numbers) + "]"
        for limit in (LINE_LIMIT, 4 * LINE_LIMIT):
            extracted = from_files(
                paths,
                layout_of(routes, plain=plain),
                whole=needs_whole(routes),
                compression=compression,
                line_limit=limit,
            )
            try:
                with room_for(self.connection, len(routes)):
                    table = self._map(extracted, routes, bulk=True, plain=plain)
            except Exception as error:
                if not cannot_take(error):
                    raise
                continue
            problems = self._account(table)
            self._keep(table)
            for number, ordinals in problems.items():
                self._read_again(number, ordinals)
            return True
        return False

    def _link(self, number: int) -> Path:
        link = link_name(self.scratch, number)
        link.unlink(missing_ok=True)
        link.symlink_to(self.files[number].path)
        return link

    def _account(self, table: str) -> dict[int, dict[int, tuple[str, str] | None]]:
        """Count the lines of a bulk pass; per file, the ordinals of lines that were not taken, with source and reason.

        A table filled in one go keeps the order of the lines, so that the distance from a file's first row is the
        ordinal among its non-blank lines.
        """
        first: dict[int, int] = {}
        for number, start, count, skipped in self.connection.execute(
            f"select file_no, min(rowid), count(*), count(*) filter (verdict = '{BOOKKEEPING}') from {table} group by all"
        ).fetchall():
            first[number] = start
            self.outcomes[number].lines += count
            self.outcomes[number].skipped += skipped
        problems: dict[int, dict[int, tuple[str, str] | None]] = {}
        for row, number, source, verdict in self.connection.execute(
            f"select rowid, file_no, source, verdict from {table} where verdict <> '{BOOKKEEPING}'"
        ).fetchall():
            known = None if verdict in {UNCLAIMED, IN_PARTS} else (source, verdict)
            problems.setdefault(number, {})[row - first[number] + 1] = known
        return problems

    def _read_again(self, number: int, ordinals: Mapping[int, tuple[str, str] | None]) -> None:
        """A second look at the lines with these ordinals: known to be bad, or not understood yet."""
        outcome = self.outcomes[number]
        rows = outcome.lines
        outcome.lines -= sum(1 for known in ordinals.values() if known is None)

        def suspects() -> Iterator[Item]:
            for ordinal, (line, text, ended) in lines_at(self.files[number], ordinals, rows):
                known = ordinals[ordinal]
                if known is None:
                    yield from read_lines([(line, text, ended)])
                else:
                    outcome.rejects.append(_reject(line, known[1], text, source=known[0]))

        self._take(number, up_to_damage(suspects()))

    def _read_strictly(self, number: int) -> None:
        self._take(
            number, self._parquet(number) if self.files[number].format == "parquet" else read(self.files[number])
        )

    def _parquet(self, number: int) -> Iterator[Item]:
        with self.connection.cursor() as cursor:
            rows = cursor.execute(f"select to_json(r) from read_parquet({quote_literal(str(self._link(number)))}) as r")
            line = 0
            while batch := rows.fetchmany(10_000):
                for (text,) in batch:
                    line += 1
                    yield line, {key: value for key, value in json.loads(text).items() if value is not None}

    def _take(self, number: int, items: Iterable[Item]) -> None:
        """Items of the strict reader, in chunks, through the same mapping."""
        chunk: list[tuple[int, str]] = []
        size = 0
        for item in expand(self._counted(number, items), self.settings.sources, self.settings.lineage):
            if isinstance(item, Reject):
                self.outcomes[number].rejects.append(item)
            elif not isinstance(item, Pending):
                chunk.append((item[0], _json_text(item[1])))
                size += len(chunk[-1][1])
            if size > _CHUNK_BYTES:
                self._take_chunk(number, chunk)
                chunk, size = [], 0
        if chunk:
            self._take_chunk(number, chunk)

    def _counted(self, number: int, items: Iterable[Item]) -> Iterator[Item]:
        outcome = self.outcomes[number]
        last = 0
        for item in items:
            line = item[0] if isinstance(item, tuple) else item.line
            outcome.lines += line != last
            outcome.pending += isinstance(item, Pending)
            last = line
            yield item

    def _take_chunk(self, number: int, chunk: Sequence[tuple[int, str]], tried: tuple[Route, ...] = ()) -> None:
        """Map one chunk; what is left unclaimed is looked at again until a look finds no new shape among it."""
        sample = chunk[:: max(len(chunk) // _SAMPLE_LINES, 1)]
        routes = self._new_routes(sample, tried)
        if not routes:
            routes = self._new_routes(chunk, tried)
        if not routes:
            self._reject_unclaimed(number, chunk)
            return
        texts = [text for _, text in chunk]
        # DuckDB holds buffers of twice this size per thread.
        limit = max(max(len(text.encode("utf-8", "replace")) for text in texts) + 1024, 1024 * 1024)
        with spooled(texts) as path:
            relation = (
                f"select json, {number} as file_no from read_json_objects({quote_literal(path)}, "
                f"format = 'newline_delimited', maximum_object_size = {limit})"
            )
            with room_for(self.connection, len(routes)):
                table = self._map(from_objects(relation, layout_of(routes)), routes)
        left, apart = self._account_chunk(number, table, chunk, routes)
        self._keep(table)
        if apart:
            self._take_chunk(number, apart)
        if left:
            self._take_chunk(number, left, tried + routes)

    def _new_routes(self, chunk: Sequence[tuple[int, str]], tried: tuple[Route, ...]) -> tuple[Route, ...]:
        found = (route for route in self._routes([text for _, text in chunk]) if route not in tried)
        return tuple(found)[:_ROUTES_AT_ONCE]

    def _routes(self, records: Sequence[str]) -> tuple[Route, ...]:
        return self._chosen(recognise(self.connection, records, self.settings.sources).claims)

    def _chosen(self, claims: Sequence[tuple[Route, ...]]) -> tuple[Route, ...]:
        """Of some records: a source at the root before any in an envelope, which might claim its records as well."""
        counts = Counter(claim[0] for claim in claims if len(claim) == 1)
        found = tuple(sorted(counts, key=lambda route: (bool(route.mount), -counts[route])))
        return found or ((self.settings.forced,) if self.settings.forced is not None else ())

    def _account_chunk(
        self, number: int, table: str, chunk: Sequence[tuple[int, str]], routes: Sequence[Route]
    ) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
        """Rejects of a chunk; its records that are still unclaimed, and the parts of those that bill several passes."""
        outcome = self.outcomes[number]
        size, skipped = self.connection.execute(
            f"select count(*), count(*) filter (verdict = '{BOOKKEEPING}') from {table}"
        ).fetchone() or (0, 0)
        if size != len(chunk):
            raise AssertionError(f"{len(chunk)} records written, {size} staged")
        outcome.skipped += skipped
        left: list[tuple[int, str]] = []
        apart: list[tuple[int, str]] = []
        for row, route, verdict, source in self.connection.execute(
            f"select rowid, route, verdict, source from {table} where verdict <> '{BOOKKEEPING}' order by rowid"
        ).fetchall():
            line, text = chunk[row]
            if verdict == UNCLAIMED:
                left.append((line, text))
            elif verdict == IN_PARTS:
                parts = _parts_of(json.loads(text), routes[route - 1])
                apart.extend((line, _json_text(part)) for part in parts)
            else:
                outcome.rejects.append(_reject(line, verdict, text.encode("utf-8", "replace"), source=source))
        return left, apart

    def _reject_unclaimed(self, number: int, chunk: Sequence[tuple[int, str]]) -> None:
        claims = recognise(self.connection, [text for _, text in chunk], self.settings.sources).claims
        for (line, text), routes in zip(chunk, claims, strict=True):
            reason = "no source knows this shape"
            if len(routes) > 1:
                names = ", ".join(route.name for route in routes)
                reason = f"claimed by more than one source: {names}; choose one with --source"
            self.outcomes[number].rejects.append(_reject(line, reason, text.encode("utf-8", "replace")))

    def _map(self, extracted: str, routes: Sequence[Route], *, bulk: bool = False, plain: bool = False) -> str:
        """A fresh table of mapped rows: the staging table itself for the first of its kind, which is usually the only one."""
        target = BULK if bulk else REST
        table = "incoming" if target in self._tables else target
        mapping = mapped(
            routes,
            extracted,
            layout_of(routes, plain=plain),
            self.settings.attribution,
            assumed_time=self._assumed_time(),
            bulk=bulk,
            plain=plain,
            siblings=self._siblings,
            foreign=self._foreign(routes),
        )
        self.connection.execute(f"create or replace temp table {table} as {mapping.select}")
        if bulk:
            self._bulk = mapping
        return table

    def _foreign(self, routes: Sequence[Route]) -> tuple[str, ...]:
        """Keys by which the sources without a route here know their records."""
        here = {route.source_id for route in routes}
        return root_keys(source for name, source in self.settings.sources.items() if name not in here)

    def _keep(self, table: str) -> None:
        """Leave only usable rows, and add them to those staged before."""
        self.connection.execute(f"delete from {table} where verdict is not null")
        if table != "incoming":
            self._tables.append(table)
            return
        target = REST if self._columns("incoming") == self._columns(REST) else BULK
        self.connection.execute(f"insert into {target} select * from incoming")
        self.connection.execute("drop table incoming")

    def _columns(self, table: str) -> list[str]:
        if table not in {"incoming", *self._tables}:
            return []
        return [name for name, *_ in self.connection.execute(f"describe {table}").fetchall()]

    def _assumed_time(self) -> str | None:
        if self.settings.at is None:
            return None
        if self.settings.at != "mtime":
            return quote_literal(self.settings.at)
        cases = " ".join(f"when {n} then make_timestamp({file.mtime_ns // 1000})" for n, file in enumerate(self.files))
        return f"(case file_no {cases} end)"


def _top_level_keys(records: Sequence[str]) -> tuple[str, ...]:
    """Keys that stand at the top of some records of a sample; none when there are too many to be names."""
    keys = dict.fromkeys(key for text in records for key in json.loads(text))
    return tuple(keys) if len(keys) <= _MANY_KEYS else ()


def _parts_of(record: Record, route: Route) -> Iterator[Record]:
    """The parts of a record's body, each in the record's own envelope."""
    if route.source.parts is None:
        raise AssertionError(f"{route.source_id} needs parts and has none")
    levels = [record]
    for key in route.mount:
        value = levels[-1][key]
        levels.append(json.loads(value) if isinstance(value, str) else value)
    for part in route.source.parts(levels[-1], record):
        whole = part
        for level, key in zip(reversed(levels[:-1]), reversed(route.mount), strict=True):
            whole = {**level, key: whole}
        yield whole


def _reject(line: int, reason: str, text: bytes, *, source: str | None = None) -> Reject:
    if reason == "no time":
        reason = why_no_time(text)
    return Reject(line=line, reason=reason, line_hash=hash_of(_canonical(text)), source=source)


def _canonical(text: bytes) -> bytes:
    """A record's own bytes, whichever reader met it, so that one line rejected in two files counts as one."""
    try:
        return _json_text(parse(text)).encode("utf-8", "replace")
    except ValueError:
        return text


def _json_text(record: Record) -> str:
    """A record as JSON that DuckDB takes: half of a surrogate pair is no text and becomes a question mark."""
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _object_text(line: bytes) -> str | None:
    try:
        text = line.decode("utf-8")
        return text if isinstance(json.loads(text), dict) else None
    except (ValueError, RecursionError):
        return None


def _holds_objects(records: Sequence[str], routes: Sequence[Route]) -> bool:
    """Whether what could be JSON inside a string is an object in every record of a sample."""
    keys = {key for route in routes for key in route.source.json_text}
    parsed = [json.loads(text) for text in records] if keys else []
    return all(isinstance(record.get(key), dict) for record in parsed for key in keys if key in record)
