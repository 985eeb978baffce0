"""Columns that a mapping names and a table does not have. Of lines of JSON nobody knows which keys are still to come."""

import csv
import difflib
import io
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from llmcost.ingest.reader import delimiter_of
from llmcost.ingest.source import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """One of them."""

    column: str
    place: str
    """Where the mapping names it: `file:line:column`."""
    nearest: str | None
    """The column of the table whose name is most like it."""
    decisive: bool = False
    """Whether times, counts or amounts were to come from it: without it what is read costs too little."""


def header_of(head: bytes) -> list[str]:
    """The columns of a CSV or TSV table that begins so."""
    rows = csv.reader(io.StringIO(head.decode("utf-8-sig", "replace"), newline=""), delimiter=delimiter_of(head))
    try:
        return [name.strip() for name in next(rows, [])]
    except csv.Error:
        return []


def absent_of(sources: Collection[Source], header: Iterable[str], *, nested: bool) -> Iterator[Absent]:
    """What a table with these columns lacks; in a `nested` one, dots reach into a column that holds objects."""
    there = set(header)
    named: Mapping[str, str] = {column: place for source in sources for column, place in source.columns.items()}
    decisive = frozenset[str]().union(*(source.decisive for source in sources))
    for column, place in named.items():
        if there and column not in there and not (nested and column.split(".")[0] in there):
            nearest = next(iter(difflib.get_close_matches(column, sorted(there), n=1)), None)
            yield Absent(column=column, place=place, nearest=nearest, decisive=column in decisive)
