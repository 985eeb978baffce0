"""Records of many megabytes, made small enough to be mapped.

A log keeps pictures, sound and files as texts of megabytes, and embeddings as long lists of numbers. Nothing of them goes into the
ledger, but to map a record takes DuckDB some forty times its size in memory.
"""

import hashlib
from typing import Any

from llmcost.ingest.reader import json_text, parse_text
from llmcost.ingest.source import Record

_LARGE = 4 * 1024 * 1024
"""Characters up to which a record is mapped as it is."""
_LONGEST = (1024 * 1024, 256 * 1024, 64 * 1024)
"""Characters of a text beyond which only its beginning is left, tried in turn. No name is as long."""
_BEGINNING = 64
_NUMBERS = 256
"""Numbers of a list beyond which only the first is left."""


def mappable(record: Record) -> str:
    """A record as JSON that DuckDB takes; of the texts and vectors of a large one, only as much as makes it small, if that can be."""
    text = json_text(record)
    for longest in _LONGEST:
        if len(text) <= _LARGE:
            break
        try:
            text = json_text(_cut(record, longest))
        except RecursionError:
            break
    return text


def _cut(value: Any, longest: int) -> Any:
    if isinstance(value, dict):
        return {key: _cut(one, longest) for key, one in value.items()}
    if isinstance(value, list):
        if len(value) > _NUMBERS and all(isinstance(one, int | float) for one in value):
            return value[:1]
        return [_cut(one, longest) for one in value]
    return _cut_text(value, longest) if isinstance(value, str) and len(value) > longest else value


def _cut_text(text: str, longest: int) -> str:
    """JSON inside a text keeps its shape: it may be the body of the call. Other texts stay different where they were."""
    if text[:_BEGINNING].lstrip().startswith(("{", "[")):
        try:
            inside = parse_text(text)
        except ValueError:
            pass
        else:
            return json_text(_cut(inside, longest))
    return f"{text[:_BEGINNING]}…{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"
