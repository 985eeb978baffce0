"""What the bulk pass cannot take, record by record through the strict reader and the same mapping; the rest is rejected."""

import json
from collections.abc import Iterable, Iterator, Sequence

from llmcost.ingest.absent import absent_of, header_of
from llmcost.ingest.bulk import Untaken
from llmcost.ingest.envelope import TIME_PLACES, why_no_time
from llmcost.ingest.expanding import announces_more, expand
from llmcost.ingest.extraction import from_objects
from llmcost.ingest.large import mappable
from llmcost.ingest.lines import lines_at
from llmcost.ingest.mapping import BOOKKEEPING, IN_PARTS, NO_TIME, NO_TIME_AROUND, UNCLAIMED, layout_of
from llmcost.ingest.parquet import parquet_columns, parquet_items
from llmcost.ingest.paths import leaves_of
from llmcost.ingest.reader import (
    NOT_UTF8,
    WHY_NOT_UTF8,
    Item,
    Pending,
    Reject,
    read,
    read_lines,
    up_to_damage,
)
from llmcost.ingest.rejected import rejected
from llmcost.ingest.sampling import SAMPLE_LINES
from llmcost.ingest.source import Record, Route
from llmcost.ingest.spool import spooled
from llmcost.ingest.stage import ROUTES_AT_ONCE, Stage
from llmcost.ledger.database import room_for
from llmcost.ledger.failures import is_out_of_memory
from llmcost.ledger.identifiers import quote_literal

_CHUNK_BYTES = 16 * 1024 * 1024

Places = tuple[tuple[str, ...], ...]


class StrictPass:
    """Takes files of a batch, or lines of them, into its staging tables."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def file(self, number: int) -> None:
        """All of a file."""
        file = self.stage.files[number]
        sources = self.stage.settings.sources.values()
        if any(source.columns for source in sources) and file.format in {"csv", "parquet"}:
            nested = file.format == "parquet"
            header = (
                parquet_columns(self.stage.connection, self.stage.link(number)) if nested else header_of(file.head())
            )
            if header is not None:
                self.stage.outcomes[number].absent = tuple(absent_of(sources, header, nested=nested))
        if file.format == "parquet":
            self.take(number, parquet_items(self.stage.connection, self.stage.link(number)))
        else:
            self.take(number, read(file))

    def lines(self, number: int, untaken: Untaken) -> None:
        """A second look at these lines: known to be bad, or not understood yet."""
        outcome = self.stage.outcomes[number]
        rows = outcome.lines
        outcome.lines -= untaken.not_understood

        def suspects() -> Iterator[Item]:
            found = lines_at(self.stage.files[number], untaken.ordinals, rows)
            for (line, text, ended), known in zip(found, untaken.verdicts(), strict=False):
                if known is None:
                    yield from read_lines([(line, text, ended)])
                else:
                    outcome.rejects.append(self._rejected(line, known[1], text, known[0]))

        self.take(number, up_to_damage(suspects()))

    def take(self, number: int, items: Iterable[Item]) -> None:
        """Items of the strict reader, in chunks, through the same mapping."""
        chunk: list[tuple[int, str]] = []
        size = 0
        settings, outcome = self.stage.settings, self.stage.outcomes[number]
        left_out = {source.left_out for source in settings.sources.values() if source.left_out is not None}
        spans_of = {source.span_of for source in settings.sources.values() if source.span_of is not None}
        heads: list[Record] = []
        others = {source.other_charge for source in settings.sources.values() if source.other_charge is not None}
        for item in expand(self._counted(number, items), settings.sources, settings.lineage, self.stage.claimed):
            if isinstance(item, Reject):
                outcome.rejects.append(item)
            elif not isinstance(item, Pending):
                outcome.left_out += any(told(item[1]) for told in left_out)
                heads += [head for span_of in spans_of if (head := span_of(item[1])) is not None]
                outcome.other_charges += any(is_other(item[1]) for is_other in others)
                text = mappable(item[1])
                if chunk and size + len(text) > _CHUNK_BYTES:
                    self._take_chunk(number, chunk)
                    self.stage.keep_spans(number, heads)
                    chunk, heads, size = [], [], 0
                chunk.append((item[0], text))
                size += len(text)
        if chunk:
            self._take_chunk(number, chunk)
        self.stage.keep_spans(number, heads)

    def _counted(self, number: int, items: Iterable[Item]) -> Iterator[Item]:
        outcome = self.stage.outcomes[number]
        last = 0
        for item in items:
            line = item[0] if isinstance(item, tuple) else item.line
            outcome.lines += line != last
            outcome.pending += isinstance(item, Pending)
            if isinstance(item, tuple) and (more := announces_more(item[1])) is not None:
                outcome.announces_more = more
            last = line
            yield item

    def _take_chunk(self, number: int, chunk: Sequence[tuple[int, str]], tried: tuple[Route, ...] = ()) -> None:
        """Map one chunk; what is left unclaimed is looked at again until a look finds no new shape among it."""
        texts = [text for _, text in chunk]
        try:
            claims = self.stage.claims(texts[:: max(len(chunk) // SAMPLE_LINES, 1)])
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            for part in self._less_of(number, chunk):
                self._take_chunk(number, part, tried)
            return
        routes = self._new_routes(claims, tried)
        if not routes:
            self._take_each(number, chunk)
        elif left := self._map(number, chunk, routes):
            self._take_chunk(number, left, tried + routes)

    def _take_each(self, number: int, chunk: Sequence[tuple[int, str]]) -> None:
        """Map each record by the one route that claims it, or by the user's choice; the others are rejected."""
        forced = () if self.stage.settings.forced is None else (self.stage.settings.forced,)
        try:
            claims = self.stage.claims([text for _, text in chunk])
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            for part in self._less_of(number, chunk):
                self._take_each(number, part)
            return
        known: dict[Route, list[tuple[int, str]]] = {}
        unknown: list[tuple[tuple[int, str], tuple[Route, ...]]] = []
        for record, routes in zip(chunk, claims, strict=True):
            chosen = routes or forced
            if len(chosen) == 1:
                known.setdefault(chosen[0], []).append(record)
            else:
                unknown.append((record, routes))
        for route, records in known.items():
            unknown += [(record, ()) for record in self._map(number, records, (route,), known=True)]
        self._reject_unclaimed(number, unknown)

    def _map(
        self, number: int, chunk: Sequence[tuple[int, str]], routes: tuple[Route, ...], *, known: bool = False
    ) -> list[tuple[int, str]]:
        """Map records by these routes; returns those that are still unclaimed."""
        texts = [text for _, text in chunk]
        # DuckDB holds buffers of twice this size per thread.
        limit = max(max(len(text.encode("utf-8", "replace")) for text in texts) + 1024, 1024 * 1024)
        try:
            with spooled(texts) as path:
                relation = (
                    f"select json, {number} as file_no from read_json_objects({quote_literal(path)}, "
                    f"format = 'newline_delimited', maximum_object_size = {limit})"
                )
                with room_for(self.stage.connection, len(routes)):
                    table = self.stage.map(from_objects(relation, layout_of(routes)), routes, known=known)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            parts = self._less_of(number, chunk)
            return [left for part in parts for left in self._map(number, part, routes, known=known)]
        if any(NOT_UTF8 in text for text in texts):
            self.stage.connection.execute(
                f"update {table} as mapped set verdict = $why where verdict is null and contains(mapped::varchar, $mark)",
                {"why": WHY_NOT_UTF8, "mark": NOT_UTF8},
            )
        left, apart = self.account(number, table, chunk, routes)
        self.stage.keep(table)
        if apart:
            self._take_chunk(number, apart)
        return left

    def _less_of(self, number: int, chunk: Sequence[tuple[int, str]]) -> tuple[Sequence[tuple[int, str]], ...]:
        """The halves of a chunk that takes too much memory; a record that does so by itself is rejected."""
        if len(chunk) > 1:
            return chunk[: len(chunk) // 2], chunk[len(chunk) // 2 :]
        ((line, text),) = chunk
        reason = f"a record of {len(text) / 1e6:.0f} MB without its long texts takes more memory than there is"
        self.stage.outcomes[number].rejects.append(
            rejected(line, reason, text.encode("utf-8", "replace"), canonical=True)
        )
        return ()

    def _new_routes(self, claims: Sequence[tuple[Route, ...]], tried: tuple[Route, ...]) -> tuple[Route, ...]:
        """Of what is new among these: routes to calls, or to buckets, which have columns of their own."""
        found = [route for route in self.stage.chosen(claims) if route not in tried]
        return tuple(route for route in found if route.source.grain == found[0].source.grain)[:ROUTES_AT_ONCE]

    def account(
        self, number: int, table: str, chunk: Sequence[tuple[int, str]], routes: Sequence[Route]
    ) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
        """Rejects of a chunk; its records that are still unclaimed, and the parts of those that bill several passes."""
        outcome = self.stage.outcomes[number]
        size, skipped = self.stage.connection.execute(
            f"select count(*), count(*) filter (verdict = '{BOOKKEEPING}') from {table}"
        ).fetchone() or (0, 0)
        if size != len(chunk):
            raise AssertionError(f"{len(chunk)} records written, {size} staged")
        outcome.skipped += skipped
        left: list[tuple[int, str]] = []
        apart: list[tuple[int, str]] = []
        for row, route, verdict, source in self.stage.connection.execute(
            f"select rowid, route, verdict, source from {table} where verdict <> '{BOOKKEEPING}' order by rowid"
        ).fetchall():
            line, text = chunk[row]
            if verdict == UNCLAIMED:
                left.append((line, text))
            elif verdict == IN_PARTS:
                parts = _parts_of(json.loads(text), routes[route - 1])
                apart.extend((line, mappable(part)) for part in parts)
            else:
                outcome.rejects.append(
                    self._rejected(line, verdict, text.encode("utf-8", "replace"), source, canonical=True)
                )
        return left, apart

    def _rejected(self, line: int, verdict: str, text: bytes, source: str, *, canonical: bool = False) -> Reject:
        """A record of a source, whose verdict may be that it has no time."""
        reason = verdict
        if verdict in {NO_TIME, NO_TIME_AROUND}:
            reason = why_no_time(text, *self._times_of(source, enveloped=verdict == NO_TIME_AROUND))
        if NOT_UTF8 in reason:
            reason = WHY_NOT_UTF8
        return rejected(line, reason, text, source=source, canonical=canonical)

    def _times_of(self, source_id: str, *, enveloped: bool) -> tuple[Places, Places]:
        """Where a source finds when a call began, in a record or in the envelope of its body; where it would in an envelope."""
        settings = self.stage.settings
        source = settings.sources.get(source_id) or (settings.forced.source if settings.forced else None)
        if source is None:
            return (), ()
        read = leaves_of([source.fields.get("started_at", "")])
        # Not those that only our own reader puts there.
        own = tuple(place for place in read if not place[-1].startswith("llmcost_"))
        around = TIME_PLACES if source.body else ()
        return (own + around, ()) if enveloped else (own, around)

    def _reject_unclaimed(self, number: int, records: Sequence[tuple[tuple[int, str], tuple[Route, ...]]]) -> None:
        rejects = self.stage.outcomes[number].rejects
        for (line, text), routes in records:
            reason = "no source knows this shape"
            if len(routes) > 1:
                names = ", ".join(route.name for route in routes)
                reason = f"claimed by more than one source: {names}; choose one with --source"
            rejects.append(rejected(line, reason, text.encode("utf-8", "replace"), canonical=True))


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
