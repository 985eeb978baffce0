"""No record, whatever it holds, breaks the sources that take exports apart."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.marks import few

from llmcost.ingest.expanding import expand
from llmcost.ingest.registry import all_sources

EXPORTS = {name: source for name, source in all_sources().items() if source.grain == "bucket"}
WORDS = st.sampled_from(
    ["", "NULL", "bucket", "organization.costs.result", "1,5", "1e99", "-3", "NaN", "{", "[1]", "2026-11-01"]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | WORDS


def _keys(value):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _keys(inner)


def _known_keys(name):
    """Every key that the fixtures of a source have."""
    found = set()
    for path in (Path(__file__).parent / name).glob("*.*"):
        text = path.read_text("utf-8-sig")
        if path.suffix == ".csv":
            found |= set(text.splitlines()[0].split(","))
        elif not path.name.endswith(".expected.json"):
            for document in [text] if path.suffix == ".json" else text.splitlines():
                found |= set(_keys(json.loads(document)))
    return sorted(found)


def _values(keys):
    names = st.sampled_from(keys)
    return st.recursive(
        SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner, max_size=6), max_leaves=12
    )


@pytest.mark.parametrize("name", few(EXPORTS, fast=4))
def test_any_value_may_stand_anywhere(name):
    keys = _known_keys(name)
    source = EXPORTS[name]
    full = st.fixed_dictionaries({key: _values(keys) for key in keys[:40]})
    some = st.dictionaries(st.sampled_from(keys), _values(keys), max_size=12)

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(record=full | some)
    def holds(record):
        items = list(expand([(1, record)], EXPORTS, {}, lambda records: [False] * len(records)))
        assert all(isinstance(item, tuple) and isinstance(item[1], dict) for item in items)
        if source.recognises_stream is not None and source.stream is not None and source.recognises_stream(record):
            assert all(isinstance(found, dict) for _, found in source.stream([(1, record)], {}))

    holds()
