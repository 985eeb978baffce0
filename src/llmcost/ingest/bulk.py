"""The bulk of a batch: files of one record a line, through DuckDB in one pass. Says which lines it did not take."""

from array import array
from collections.abc import Iterator, Sequence

from llmcost.ingest.extraction import LINE_LIMIT, from_files
from llmcost.ingest.mapping import BOOKKEEPING, IN_PARTS, UNCLAIMED, layout_of, needs_whole
from llmcost.ingest.recognise import recognise
from llmcost.ingest.sampling import holds_objects, sample, top_level_keys
from llmcost.ingest.source import Route
from llmcost.ingest.stage import ROUTES_AT_ONCE, Stage
from llmcost.ledger.database import room_for
from llmcost.ledger.failures import cannot_take
from llmcost.ledger.identifiers import quote_literal

Verdict = tuple[str, str] | None
"""Source of a bad record and what is wrong with it; None for one that is not understood yet."""

_ROWS_AT_ONCE = 10_000


class Untaken:
    """The lines of a file that were not taken, by their ordinals among its non-blank lines. A log may have millions."""

    def __init__(self) -> None:
        self.ordinals = array("q")
        self._kinds: dict[Verdict, int] = {}
        self._kind_of = array("l")

    def append(self, ordinal: int, verdict: Verdict) -> None:
        """The next one."""
        self.ordinals.append(ordinal)
        self._kind_of.append(self._kinds.setdefault(verdict, len(self._kinds)))

    @property
    def not_understood(self) -> int:
        """How many have no verdict."""
        return self._kind_of.count(self._kinds[None]) if None in self._kinds else 0

    def verdicts(self) -> Iterator[Verdict]:
        """What is wrong with each, in order."""
        kinds = list(self._kinds)
        return (kinds[kind] for kind in self._kind_of)


def read_bulk(stage: Stage, numbers: Sequence[int]) -> Iterator[tuple[int, Untaken | None]]:
    """Map these files of the batch; yields each file with the lines that were not taken, or None for all."""
    records = sample([stage.files[number] for number in numbers])
    claims = recognise(stage.connection, records, stage.settings.sources).claims
    # Buckets are few, and have columns of their own: they go one by one.
    calls = [route for route in stage.chosen(claims) if route.source.grain == "request"]
    routes = tuple(calls[:ROUTES_AT_ONCE])
    plain = holds_objects(records, routes)
    # Keys of other records may be the very ones by which another source is known.
    enveloped = [record for record, claim in zip(records, claims, strict=True) if len(claim) == 1 and claim[0].mount]
    stage.siblings = top_level_keys(enveloped)
    by_compression: dict[str, list[int]] = {}
    for number in numbers:
        by_compression.setdefault(stage.files[number].compression, []).append(number)
    for compression, members in by_compression.items():
        table = _mapped(stage, members, compression, routes, plain=plain) if routes else None
        if table is None:
            yield from ((number, None) for number in members)
            continue
        untaken = _account(stage, table)
        stage.keep(table)
        yield from untaken.items()


def _mapped(
    stage: Stage, numbers: Sequence[int], compression: str, routes: Sequence[Route], *, plain: bool
) -> str | None:
    """The table of one pass over the files; None when DuckDB cannot take them whole (an enormous line, broken compression)."""
    paths = "[" + ", ".join(quote_literal(str(stage.link(number))) for number in numbers) + "]"
    for limit in (LINE_LIMIT, 4 * LINE_LIMIT):
        extracted = from_files(
            paths,
            layout_of(routes, plain=plain),
            whole=needs_whole(routes),
            only=numbers[0] if len(numbers) == 1 else None,
            compression=compression,
            line_limit=limit,
        )
        try:
            with room_for(stage.connection, len(routes)):
                return stage.map(extracted, routes, bulk=True, plain=plain)
        except Exception as error:
            if not cannot_take(error):
                raise
    return None


def _account(stage: Stage, table: str) -> dict[int, Untaken]:
    """Count the lines of a pass; per file, those that were not taken.

    A table filled in one go keeps the order of the lines, so that the distance from a file's first row is the ordinal
    among its non-blank lines.
    """
    first: dict[int, int] = {}
    for number, start, count, skipped in stage.connection.execute(
        f"select file_no, min(rowid), count(*), count(*) filter (verdict = '{BOOKKEEPING}') from {table} group by all"
    ).fetchall():
        first[number] = start
        stage.outcomes[number].lines += count
        stage.outcomes[number].skipped += skipped
    untaken: dict[int, Untaken] = {}
    rows = stage.connection.execute(
        f"select rowid, file_no, source, verdict from {table} where verdict <> '{BOOKKEEPING}' order by rowid"
    )
    while part := rows.fetchmany(_ROWS_AT_ONCE):
        for row, number, source, verdict in part:
            known = None if verdict in {UNCLAIMED, IN_PARTS} else (source, verdict)
            untaken.setdefault(number, Untaken()).append(row - first[number] + 1, known)
    return untaken
