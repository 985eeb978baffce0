"""What could not be written down was not acknowledged, and leaves nothing behind."""

import resource
from contextlib import contextmanager

import pytest

from llmcost.ingest.otlp.journal import Journal, folder_of


@contextmanager
def full_after(size):
    """No file grows beyond so many bytes, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("length", [4_000, 40_000])
def test_a_refused_request_is_not_written_later(tmp_path, length):
    journal = Journal(tmp_path / "ledger")
    segment = journal.write([{"said": "first"}])
    (path,) = folder_of(tmp_path / "ledger").iterdir()
    with full_after(2_000), pytest.raises(OSError, match="File too large"):
        journal.write([{"said": "x" * length}])
    assert journal.write([{"said": "last"}]) == segment
    assert path.read_bytes() == b'[{"said":"first"}]\n[{"said":"last"}]\n'
    journal.close()


def test_what_is_in_the_ledger_goes_from_a_full_disk(tmp_path):
    journal = Journal(tmp_path / "ledger")
    segment = journal.write([{"said": "first"}])
    with full_after(2_000):
        with pytest.raises(OSError, match="File too large"):
            journal.write([{"said": "x" * 4_000}])
        journal.done([segment])
        assert list(folder_of(tmp_path / "ledger").iterdir()) == []
    journal.close()
