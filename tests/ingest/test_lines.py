"""Lines found by counting newlines are those found by walking the file."""

import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcost.ingest import lines
from llmcost.ingest.files import look_at
from llmcost.ingest.lines import lines_at

_LINES = st.lists(st.sampled_from([b"{}", b'{"a": "bcdefgh"}', b"", b" \t", b"\r", b"x" * 40]), max_size=30)


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    return tmp_path_factory.mktemp("lines") / "log.jsonl"


@settings(deadline=None)
@given(
    content=_LINES,
    ended=st.booleans(),
    packed=st.booleans(),
    wanted=st.sets(st.integers(1, 30)),
    block=st.integers(1, 64),
)
def test_both_ways_find_the_same_lines(log, *, content, ended, packed, wanted, block):
    data = b"\n".join(content) + (b"\n" if ended and content else b"")
    log.write_bytes(gzip.compress(data) if packed else data)
    split = [line + b"\n" for line in data.split(b"\n")]
    split[-1] = split[-1][:-1]
    filled = [(number, line, line.endswith(b"\n")) for number, line in enumerate(split, 1) if line.strip()]
    there = [n for n in sorted(wanted) if n <= len(filled)]
    expected = [filled[n - 1] for n in there]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "_BLOCK", block)
        found = list(lines_at(look_at(log, "log", named=True), there, len(filled)))

    assert found == expected
