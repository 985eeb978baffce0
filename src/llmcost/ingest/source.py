"""What a source is: how to recognise its records, and which expression fills which column.

Expressions are DuckDB SQL over the raw record. Two marks reach into it:

- `@a.b.c`   the value at that path as text (null when absent); `@a."b.c"` where a key holds a dot
- `#a.b.c`   the same as a whole count: `1.5`, `12a` or 2^60 rejects the record instead of being rounded
- `@a.b:json` the value at that path as JSON; `@a.b:list` as a list of texts; `@a.b:time` as an instant
- `$name`    one of the source's own `steps`, computed once
- `@@`        the whole record as JSON, envelope included (needs `whole=True`)

The macros of `macros.sql` are at hand: `amount(text)`, `beyond(total, parts)`, `pair(key, value)`, ...
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Record = dict[str, Any]
Numbered = tuple[int, Record]
"""A record and the line (or position) it came from, counted from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stray:
    """A record of a sequence that says what was used, and not of which call."""

    line: int
    record: Record
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One log shape or export."""

    title: str
    """What users call it."""
    issuer: str
    """SQL: who issued `request_id`; a call met twice under one issuer and id is one call."""
    claims: str
    """SQL predicate: this record has our shape."""
    keeps: str = "true"
    """SQL predicate over claimed records: this one is a call. The others are bookkeeping lines, skipped silently."""
    fields: Mapping[str, str]
    """Column of `domain.request`, or for a bucket of `domain.bucket`, -> SQL expression."""
    steps: Mapping[str, str] = field(default_factory=dict)
    """Intermediate values by name, each computed once; a step may use the ones before it only through marks."""
    tags: tuple[str, ...] = ()
    """SQL expressions giving pairs of tags (see `macros.sql`); the first that has a key wins."""
    counts: Mapping[str, str] = field(default_factory=dict)
    """Counts that no `#` can reach, by the name a reject calls them: SQL for the text, null where there is none."""
    amounts: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Amounts of money or time that must be readable, by the name a reject calls them: SQL for the text, null where there is
    none, and SQL for what it is read as."""
    body: bool = False
    """A provider's response body, which logs often keep inside an envelope of their own."""
    whole: bool = False
    """The expressions use `@@`."""
    weak_ids: bool | str = False
    """Ids are not always from the provider itself: short ones (`chatcmpl-7`) are joined with time and content. SQL where
    it depends on the record; it may use the marks of `issuer`."""
    stated_key: str | None = None
    """SQL: the key that a record has brought from a ledger, whatever has become of its content there; null for other records."""
    json_text: tuple[str, ...] = ()
    """Top-level keys that some exports hold as JSON inside a string."""
    usage_text: tuple[str, ...] = ()
    """Those of `json_text` that say what was used: text there that is no JSON rejects the record."""
    sparse: tuple[str, ...] = ()
    """Paths of objects that most records leave out or null. They are taken apart in a second step: reaching for a field
    costs the same whether it is there or not."""
    needs_parts: str = "false"
    """SQL predicate: the record cannot be mapped as it is and goes through `parts`."""
    parts: Callable[[Record, Record], Iterator[Record]] | None = None
    """From such a record, and the envelope it stands in, the records to map instead."""
    recognises_stream: Callable[[Record], bool] | None = None
    """For shapes that only make sense in sequence: is this line one of theirs?"""
    stream: Callable[[Iterable[Numbered], Mapping[str, str]], Iterator[Numbered | Stray]] | None = None
    """Turns such a sequence into records that `claims` accepts. The mapping is the lineage of every session seen. Of
    buckets, each record is a sequence of its own, numbered by its position in the file."""
    events_at: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    """Where records of such a sequence hold a body as an envelope would -> SQL predicate over the record: it is one of them."""
    left_out: Callable[[Record], bool] | None = None
    """Of what `stream` makes: does this record, which is no call, say what was used and no call is known that says it too?"""
    span_of: Callable[[Record], Record | None] | None = None
    """Of what `stream` makes: the head of a span that is no call, and that must be known where its trace goes on in another file.
    Which spans are calls is told by those around them; a call's `request_id` is `trace:span`."""
    traced: bool = False
    """Calls have places in traces, and one around others repeats what those used: only the innermost count. `request_id` is that
    of the span, or `trace:span`; records that are no calls fill it, `trace_id` and `parent_id` as well."""
    unfinished: bool = False
    """Records that are no calls and have the status `incomplete` are calls that have not ended: they are counted, and told of."""
    other_charge: Callable[[Record], bool] | None = None
    """Of what `stream` makes: is this record a charge, on a bill for usage, for something else than usage?"""
    lineage: Callable[[Record], tuple[str, str] | None] | None = None
    """From a line: (session, the session it was forked from)."""
    grain: Literal["request", "bucket"] = "request"
    """What a record is: a call, or an aggregate of calls over a span of time, which is never added to calls. A bucket fills
    `started_at` and `ended_at` (a day where it is null) and may fill the columns of `domain.bucket`; it has no id."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Of a mapping: each column it names, and where it does: `file:line:column`."""
    decisive: frozenset[str] = frozenset()
    """Those of `columns` that times, counts and amounts come from."""
    revision: int = 1
    """Raised when the mapping changes, so that known files are read again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A source met at a place: at the root of a record, or inside an envelope."""

    source_id: str
    source: Source = field(repr=False, compare=False)
    mount: tuple[str, ...] = ()
    """Path to the provider body inside the envelope; empty at the root."""

    @property
    def name(self) -> str:
        """How a person reads it: `openai-chat` or `openai-chat in response`."""
        return self.source_id + (f" in {'.'.join(self.mount)}" if self.mount else "")
