"""What could not be read of the files of a batch. A log may hold millions of lines of something else: only few are kept in memory."""

from collections.abc import Sequence
from heapq import nsmallest
from typing import TYPE_CHECKING

from llmcost.ingest.reader import Reject, hash_of, json_text, parse

if TYPE_CHECKING:
    from llmcost.ledger.database import Connection

REJECTS = "stage_reject"
"""The table of a batch's rejects, but for those a `Rejects` still holds."""

SHOWN_REJECTS = 5
"""How many of a file are told of by line."""

_HELD = 20_000


def make_room(connection: "Connection") -> None:
    """An empty table for the rejects of a batch."""
    connection.execute(
        f"create or replace temp table {REJECTS} "
        "(file_no integer, line bigint, reason varchar, line_hash varchar, source varchar)"
    )


class Rejects:
    """The rejects of one file of a batch."""

    def __init__(self, connection: "Connection", file_no: int) -> None:
        self._connection = connection
        self.file_no = file_no
        self._held: list[Reject] = []
        self._first: list[Reject] = []
        self._count = 0
        self.of_known_source = False
        """Whether a source knows one of them."""

    def __len__(self) -> int:
        return self._count

    def append(self, reject: Reject) -> None:
        """One more."""
        self._held.append(reject)
        self._count += 1
        self.of_known_source = self.of_known_source or reject.source is not None
        if len(self._held) >= _HELD:
            store(self._connection, [self])

    def first(self) -> tuple[Reject, ...]:
        """Those of the first lines, in order."""
        return tuple(_first_of([*self._first, *self._held]))

    def take(self) -> list[Reject]:
        """Give up what is held, to be stored."""
        held, self._held = self._held, []
        self._first = _first_of([*self._first, *held])
        return held


def store(connection: "Connection", rejects: Sequence[Rejects]) -> None:
    """Move what several hold into the table."""
    rows = [(one.file_no, reject) for one in rejects for reject in one.take()]
    if rows:
        connection.execute(
            f"insert into {REJECTS} "
            "select unnest($file_no), unnest($line), unnest($reason), unnest($hash), unnest($source)",
            {
                "file_no": [number for number, _ in rows],
                "line": [reject.line for _, reject in rows],
                "reason": [reject.reason for _, reject in rows],
                "hash": [reject.line_hash for _, reject in rows],
                "source": [reject.source for _, reject in rows],
            },
        )


def _first_of(rejects: Sequence[Reject]) -> list[Reject]:
    return nsmallest(SHOWN_REJECTS, rejects, key=lambda reject: reject.line)


def rejected(line: int, reason: str, text: bytes, *, source: str | None = None, canonical: bool = False) -> Reject:
    """A record that was understood and cannot be used; `canonical` says that its text is as `json_text` writes it."""
    return Reject(line=line, reason=reason, line_hash=hash_of(text if canonical else _canonical(text)), source=source)


def _canonical(text: bytes) -> bytes:
    """A record's own bytes, whichever reader met it, so that one line rejected in two files counts as one."""
    try:
        return json_text(parse(text)).encode("utf-8", "replace")
    except ValueError:
        return text
