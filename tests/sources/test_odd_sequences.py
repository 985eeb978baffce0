"""Whatever stands where a text or a number belongs, taking a sequence of records apart goes on."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from llmcost.ingest.expanding import expand
from llmcost.ingest.files import look_at
from llmcost.ingest.reader import read
from llmcost.ingest.registry import all_sources

FIXTURES = sorted(
    path
    for path in Path(__file__).parent.glob("*/*.json*")
    if not path.name.endswith(".expected.json") and path.stat().st_size < 100_000
)
ODD: tuple[Any, ...] = (["a", None], {"a": [1]})


def _places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where a record holds its values; of a list only the first two."""
    inner = (
        list(value.items())
        if isinstance(value, dict)
        else list(enumerate(value[:2]))
        if isinstance(value, list)
        else ()
    )
    for key, one in inner:
        yield (*place, key)
        yield from _places(one, (*place, key))


def _with(value: Any, place: tuple[Any, ...], odd: Any) -> Any:
    """The record with another value at a place."""
    if not place:
        return odd
    changed = value.copy()
    changed[place[0]] = _with(value[place[0]], place[1:], odd)
    return changed


@pytest.mark.parametrize("folder", sorted({path.parent.name for path in FIXTURES}))
def test_a_list_or_an_object_may_stand_anywhere_in_a_sequence(folder):
    sources = all_sources()
    for path in FIXTURES:
        if path.parent.name != folder:
            continue
        records = [item for item in read(look_at(path, path.name, named=True)) if isinstance(item, tuple)][:8]
        for number, (line, record) in enumerate(records[:3]):
            for place in list(_places(record))[:200]:
                for odd in ODD:
                    items = [*records[:number], (line, _with(record, place, odd)), *records[number + 1 :]]
                    list(expand(items, sources, {}, lambda records: [False] * len(records)))
