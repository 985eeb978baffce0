"""Rows of usage exports that stand in an API's answer, or by themselves."""

import hashlib
import json
from collections.abc import Iterator, Sequence

from llmcost.ingest.source import Record

TOLD = {"statement": "@llmcost_statement", "piece": "@llmcost_piece"}
"""The columns that say which rows of a file go together."""


def told(number: int, record: Record, rows: Sequence[Record] | None) -> Iterator[Record]:
    """The rows of an answer, the record of this number, which may come again; or a record that is a row itself (None).

    Rows by themselves add up, and one that is met again as it was is the same row.
    """
    if rows is None:
        yield {**record, "llmcost_statement": number, "llmcost_piece": same_as(record)}
    else:
        yield from ({**row, "llmcost_statement": number} for row in rows)


def same_as(record: Record) -> str:
    """What only an equal record has, too."""
    return hashlib.sha256(json.dumps(record, sort_keys=True, default=str).encode("utf-8", "replace")).hexdigest()
