"""The staging tables of one batch: what raw records are mapped into, and the views the later steps read."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from llmcost.domain.bucket import STAGED_COLUMNS
from llmcost.domain.request import COLUMNS, Column
from llmcost.ingest.absent import Absent
from llmcost.ingest.extraction import link_name
from llmcost.ingest.files import LogFile
from llmcost.ingest.mapping import BOOKKEEPING, Mapped, layout_of, mapped
from llmcost.ingest.recognise import claimed, recognise, root_keys
from llmcost.ingest.rejected import Rejects, make_room
from llmcost.ingest.source import Record, Route, Source
from llmcost.ingest.staged import BUCKETS, BULK, REST, SPAN_ID, SPANS, TAG_SET, keys_select, staged_select
from llmcost.ingest.tagging import INPUTS, KEY, Tagging
from llmcost.ledger.identifiers import quote_literal

if TYPE_CHECKING:
    from llmcost.ledger.database import Connection

ROUTES_AT_ONCE = 6
"""DuckDB keeps a buffer for every expression of a query; a mapping of many shapes at once would need them all. Records of
rarer shapes go through the strict reader."""

_MOST_COMBINATIONS = 200_000
"""A table of more combinations of tags than this, some 400 bytes each, leaves too little memory for the insert."""


@dataclass(slots=True, kw_only=True)
class FileOutcome:
    """What became of one file of a batch."""

    lines: int = 0
    skipped: int = 0
    """Lines of a known shape that are no calls."""
    left_out: int = 0
    """Of them those that say what was used, and no call says it too."""
    other_charges: int = 0
    """Lines of bills, for a service whose usage is read, that charge for no usage."""
    pending: int = 0
    """Truncated last lines, left for the next run."""
    unfinished: int = 0
    """Of those that were skipped, calls that had not ended."""
    announces_more: bool | None = None
    """Whether its last page of an API answer announces another; None where there is no page."""
    rejects: Rejects
    absent: tuple[Absent, ...] = ()
    """Columns that a mapping names and the table does not have."""


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


class Stage:
    """The rows of one batch, on a connection whose temporary tables are ours."""

    def __init__(
        self, connection: "Connection", files: Sequence[LogFile], settings: MappingSettings, scratch: Path
    ) -> None:
        self.connection = connection
        self.files = files
        self.settings = settings
        self.scratch = scratch
        # The place of a row in the table of a pass tells its line. DuckDB makes a join of an IN with five values or more, and
        # the rows of a join come in any order.
        connection.execute("set preserve_insertion_order = true; set disabled_optimizers = 'in_clause'")
        make_room(connection)
        self.outcomes = [FileOutcome(rejects=Rejects(connection, number)) for number in range(len(files))]
        self.siblings: tuple[str, ...] = ()
        """Keys that the batch's envelopes usually have."""
        self._tables: list[str] = []
        self._routes: dict[str, tuple[Sequence[Route], str]] = {}
        """By table, its routes, and what stands before the name of a column there."""
        self._bulk: Mapped | None = None
        for table in (BULK, REST, TAG_SET):
            connection.execute(f"drop table if exists {table}")
        connection.execute(f"create or replace temp table {BUCKETS} ({_staged_columns(STAGED_COLUMNS)})")
        connection.execute(
            f"create or replace temp table {SPANS} "
            "(file_no integer, trace_id varchar, span_id varchar, parent_id varchar, role varchar, links boolean)"
        )

    def map(
        self, extracted: str, routes: Sequence[Route], *, bulk: bool = False, plain: bool = False, known: bool = False
    ) -> str:
        """A fresh table of mapped rows: the staging table itself for the first of its kind, which is usually the only one.

        `known` says that every record was looked at with every source: no key of an envelope hints at another.
        """
        buckets = routes[0].source.grain == "bucket"
        target = BULK if bulk else REST
        table = "incoming_bucket" if buckets else "incoming" if target in self._tables else target
        mapping = mapped(
            routes,
            extracted,
            layout_of(routes, plain=plain),
            self.settings.attribution,
            assumed_time=self._assumed_time(),
            bulk=bulk,
            plain=plain,
            siblings=self.siblings,
            foreign=() if known else self._foreign(routes),
        )
        self.connection.execute(f"create or replace temp table {table} as {mapping.select}")
        if bulk:
            self._bulk = mapping
        self._routes[table] = (routes, "record." if bulk else "")
        return table

    def keep(self, table: str) -> None:
        """Leave only usable rows, and add them to those staged before."""
        self._note_skipped(table)
        self.connection.execute(f"delete from {table} where verdict is not null")
        if table == "incoming_bucket":
            self.connection.execute(f"insert into {BUCKETS} by name select * from {table}")
            return
        if table != "incoming":
            self._tables.append(table)
            return
        target = REST if self._columns("incoming") == self._columns(REST) else BULK
        self.connection.execute(f"insert into {target} select * from incoming")
        self.connection.execute("drop table incoming")

    def _note_skipped(self, table: str) -> None:
        """What is still needed of records that are no calls: their places in traces, and how many are calls that have not ended."""
        routes, at = self._routes[table]
        skipped = f"from {table} where verdict = '{BOOKKEEPING}' and list_contains($sources, source)"
        if traced := sorted({route.source_id for route in routes if route.source.traced}):
            self.connection.execute(
                f"""
                insert into {SPANS}
                select file_no, trace_id, {SPAN_ID}, parent_id, 'other', null
                from (select file_no, {at}trace_id, {at}request_id, {at}parent_id {skipped})
                where trace_id is not null and request_id is not null
                """,
                {"sources": traced},
            )
        if unfinished := sorted({route.source_id for route in routes if route.source.unfinished}):
            for number, count in self.connection.execute(
                f"select file_no, count(*) {skipped} and {at}status = 'incomplete' group by file_no",
                {"sources": unfinished},
            ).fetchall():
                self.outcomes[number].unfinished += count

    def keep_spans(self, number: int, heads: Sequence[Record]) -> None:
        """Add heads of spans of a file that are no calls."""
        if heads:
            names = ("trace_id", "span_id", "parent_id", "role", "links")
            columns = ", ".join(f"unnest(${name})" for name in names)
            self.connection.execute(
                f"insert into {SPANS} select {number}, {columns}",
                {name: [head.get(name) for head in heads] for name in names},
            )

    def show(self) -> None:
        """The views the other steps read.

        `stage`: keys alone. `staged`: everything. `staged_untagged`: everything but tags. `staged_touched`: the rows whose
        key is in the table `touched`.
        """
        if not self._tables:
            self.connection.execute(f"create temp table {REST} ({_staged_columns()})")
            self._tables.append(REST)
        attribution = self.settings.attribution
        shared = self._bulk is None or self._share_tags(self._bulk.tagging)
        self.connection.execute("create or replace temp table touched (row_key uuid)")
        staged = partial(staged_select, self._tables, self._bulk, attribution, shared=shared)
        for view, select in (
            ("stage", keys_select(self._tables)),
            ("staged", staged()),
            ("staged_untagged", staged(tagged=False)),
            ("staged_touched", staged(only="touched")),
        ):
            self.connection.execute(f"create or replace temp view {view} as {select}")

    def _share_tags(self, tagging: Tagging) -> bool:
        """Make the tags of each combination, unless these are too many or two have the same hash."""
        if not tagging.inputs:
            return True
        (about,) = self.connection.execute(f"select approx_count_distinct({KEY}) from {BULK}").fetchone() or (0,)
        if about > _MOST_COMBINATIONS:
            return False
        made = tagging.tag_set(BULK, self.settings.attribution)
        self.connection.execute(f"create temp table {TAG_SET} as {made}")
        (apart,) = self.connection.execute(f"select count(*) = count(distinct {KEY}) from {TAG_SET}").fetchone() or (
            True,
        )
        if not apart:
            self.connection.execute(f"drop table {TAG_SET}")
            return False
        # Nearly a third of the table, which leaves room for the insert.
        self.connection.execute(f"alter table {BULK} drop column {INPUTS}")
        return True

    def link(self, number: int) -> Path:
        """The name under which DuckDB reads a file."""
        link = link_name(self.scratch, number)
        link.unlink(missing_ok=True)
        link.symlink_to(self.files[number].path)
        return link

    def routes(self, records: Sequence[str]) -> tuple[Route, ...]:
        """The routes that some records (JSON text) take."""
        return self.chosen(self.claims(records))

    def claims(self, records: Sequence[str]) -> tuple[tuple[Route, ...], ...]:
        """Per record (JSON text), the routes that claim it."""
        return recognise(self.connection, records, self.settings.sources).claims

    def claimed(self, records: Sequence[Record]) -> list[bool]:
        """Of each record, whether some source knows it as it is."""
        return claimed(self.connection, records, self.settings.sources)

    def chosen(self, claims: Sequence[tuple[Route, ...]]) -> tuple[Route, ...]:
        """Of some records: a source at the root before any in an envelope, which might claim its records as well."""
        counts = Counter(claim[0] for claim in claims if len(claim) == 1)
        found = tuple(sorted(counts, key=lambda route: (bool(route.mount), -counts[route])))
        return found or ((self.settings.forced,) if self.settings.forced is not None else ())

    def _foreign(self, routes: Sequence[Route]) -> tuple[str, ...]:
        """Keys by which the sources without a route here know their records."""
        here = {route.source_id for route in routes}
        return root_keys(source for name, source in self.settings.sources.items() if name not in here)

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


def _staged_columns(named: Sequence[Column] = COLUMNS) -> str:
    columns = ", ".join(f"{column.name} {column.sql_type}" for column in named)
    return (
        "file_no integer, route tinyint, verdict varchar, near_unique boolean, "
        f"stated_who varchar, {columns}, row_key uuid"
    )
