"""A file whose every byte is in the ledger under another name is not read again, and no other file is taken for one."""

import os
import shutil
from pathlib import Path

import pytest
from tests.ingesting import native, query, read, rejects, write

from llmcost.domain.errors import DataError
from llmcost.ingest import files, run


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """600 calls in more bytes than a look at both ends covers, and a line that is none."""
    calls = [native(request_id=f"req-{number:06d}", user_id="x" * 400) for number in range(600)]
    return write(tmp_path / "a.jsonl", [*calls[:300], b"no call", *calls[300:]])


def test_a_copy_is_known(tmp_path, log):
    assert read(tmp_path / "ledger", log).total("new") == 600
    copy = Path(shutil.copy(log, tmp_path / "b.jsonl"))

    again = read(tmp_path / "ledger", copy)

    (file,) = again.files
    assert (file.path, file.status, file.lines, file.new, file.known, file.rejected) == (
        str(copy),
        "known",
        601,
        0,
        600,
        1,
    )
    assert rejects(tmp_path / "ledger") == [(301, rejects(tmp_path / "ledger")[0][1])] * 2
    assert query(tmp_path / "ledger", "select count(*), count(distinct file_id) from request") == [(600, 1)]
    assert read(tmp_path / "ledger", copy, log).total("new") == 0


def test_a_renamed_file_is_known_though_the_old_name_has_another_log(tmp_path, log):
    read(tmp_path / "ledger", log)
    moved = log.rename(tmp_path / "a.jsonl.1")
    write(log, [native(request_id="req-new")])

    again = read(tmp_path / "ledger", log, moved)

    assert [(file.status, file.new) for file in again.files] == [("read", 1), ("known", 0)]


def test_a_copy_of_a_file_that_is_gone_is_read(tmp_path, log):
    read(tmp_path / "ledger", log)
    copy = Path(shutil.copy(log, tmp_path / "b.jsonl"))
    log.unlink()

    (file,) = read(tmp_path / "ledger", copy).files

    assert (file.status, file.new, file.known) == ("partial", 0, 600)


def test_a_file_of_the_same_size_and_ends_is_read(tmp_path, log):
    read(tmp_path / "ledger", log)
    other = tmp_path / "b.jsonl"
    other.write_bytes(log.read_bytes().replace(b"req-000299", b"req-xxxxxx"))
    os.utime(other, ns=(log.stat().st_mtime_ns, log.stat().st_mtime_ns))
    assert other.stat().st_size == log.stat().st_size

    assert read(tmp_path / "ledger", other).total("new") == 1


def test_a_copy_of_a_file_that_changed_since_it_was_read_is_read(tmp_path, log):
    read(tmp_path / "ledger", log)
    content = log.read_bytes().replace(b"req-000299", b"req-xxxxxx")
    log.write_bytes(content)
    os.utime(log, ns=(0, 0))
    copy = tmp_path / "b.jsonl"
    copy.write_bytes(content)

    assert read(tmp_path / "ledger", copy).total("new") == 1


def test_a_copy_is_read_where_its_time_is_the_time_of_its_calls(tmp_path):
    log = write(tmp_path / "a.jsonl", [native(request_id="req-1")])
    read(tmp_path / "ledger", log, at="mtime")
    copy = Path(shutil.copy(log, tmp_path / "b.jsonl"))
    os.utime(copy, ns=(0, 0))

    assert read(tmp_path / "ledger", copy, at="mtime").files[0].status == "read"


def test_of_files_that_are_known_only_the_edges_are_read(tmp_path, monkeypatch):
    paths = [write(tmp_path / f"{number}.jsonl", [native(request_id=f"call-{number}")]) for number in range(3)]
    read(tmp_path / "ledger", *paths)
    monkeypatch.setattr(files, "read_head", lambda stream: pytest.fail(f"{stream.name} was looked into"))

    result = read(tmp_path / "ledger", *paths)

    assert [file.status for file in result.files] == ["known"] * 3


def test_a_file_of_a_folder_that_goes_while_it_is_looked_at_does_not_keep_the_others_from_being_read(
    tmp_path, monkeypatch
):
    write(tmp_path / "logs" / "a.jsonl", [native(request_id="a")])
    write(tmp_path / "logs" / "b.jsonl", [native(request_id="b")])

    def looked_at(*given):
        found = offered_looked_at(*given)
        (tmp_path / "logs" / "a.jsonl").unlink()
        return found

    offered_looked_at = run.looked_at
    monkeypatch.setattr(run, "looked_at", looked_at)

    gone, kept = read(tmp_path / "ledger", tmp_path / "logs").files

    assert (gone.status, kept.status, kept.new) == ("unrecognised", "read", 1)
    assert "cannot read" in gone.rejects[0].reason


def test_a_file_of_a_folder_that_goes_before_its_turn_does_not_keep_the_others_from_being_read(tmp_path, monkeypatch):
    gone = write(tmp_path / "logs" / "a.jsonl", [native(request_id="a")])
    write(tmp_path / "logs" / "b.jsonl", [native(request_id="b")])
    batch = run.Run.batch
    monkeypatch.setattr(run.Run, "batch", lambda *given, **cut: gone.unlink(missing_ok=True) or batch(*given, **cut))

    missing, kept = read(tmp_path / "ledger", tmp_path / "logs").files

    assert (missing.status, kept.status, kept.new) == ("unrecognised", "read", 1)
    assert "has gone" in missing.rejects[0].reason


def test_a_named_file_that_goes_before_its_turn_is_an_error_that_names_it(tmp_path, monkeypatch):
    gone = write(tmp_path / "a.jsonl", [native(request_id="a")])
    batch = run.Run.batch
    monkeypatch.setattr(run.Run, "batch", lambda *given, **cut: gone.unlink(missing_ok=True) or batch(*given, **cut))

    with pytest.raises(DataError, match=r"a\.jsonl has gone"):
        read(tmp_path / "ledger", gone)
