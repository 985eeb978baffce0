"""Opening, making, sharing and refusing ledgers."""

import contextlib
import errno
import fcntl
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from tests.nfs import pretend_nfs

from llmcost.domain.errors import DataError, ExitCode
from llmcost.ledger import database, migrations, scratch
from llmcost.ledger.info import TABLES, info

KNOWN = migrations.known()
NAMES = tuple(one.name for one in KNOWN)
BACKUP = f"llmcost.duckdb.v{len(NAMES)}.bak"


def insert_reject(connection, line):
    connection.execute("insert into reject values (1, $line, 'not-json', 'abc', null)", {"line": line})


def rejected_lines(path):
    with database.reading(path) as ledger:
        return [row[0] for row in ledger.execute("select line from reject order by line").fetchall()]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with database.writing(tmp_path / "llmcost.duckdb"):
        pass
    return tmp_path / "llmcost.duckdb"


@contextlib.contextmanager
def held_by_another_process(path: Path, *, options: str = "") -> Iterator[int]:
    code = f"""
import duckdb, sys
connection = duckdb.connect()
connection.execute("attach '{path}' as ledger {options}")
print("held", flush=True)
sys.stdin.read()
"""
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        yield process.pid
        process.communicate()


def test_what_is_written_is_read_back(path):
    with database.writing(path) as ledger:
        insert_reject(ledger, 7)

    assert rejected_lines(path) == [7]


def test_a_new_ledger_is_private_and_leaves_nothing_beside_it(path):
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["llmcost.duckdb"]


def test_the_write_ahead_log_is_private_too(path):
    with database.writing(path) as ledger:
        insert_reject(ledger, 1)
        log = path.with_name("llmcost.duckdb.wal")

        assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_writing_restores_the_mask_for_new_files(path):
    mask = os.umask(0o022)
    try:
        with database.writing(path):
            pass
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(mask)


def test_a_ledger_in_memory_has_every_table(ledger):
    tables = ledger.execute("select table_name from duckdb_tables() where database_name = 'ledger'").fetchall()

    assert {name for (name,) in tables} == {*TABLES, "schema_migration"}


def test_a_path_with_a_question_mark_is_refused_before_anything_is_made(tmp_path):
    """DuckDB would write its log to `odd.wal?name/x.duckdb`, or, where that exists, lose what it holds."""
    folder = tmp_path / "odd?name"
    folder.mkdir()
    (tmp_path / "link").symlink_to(folder)
    for path in (folder / "x.duckdb", tmp_path / "x?.duckdb", tmp_path / "link" / "x.duckdb"):
        with pytest.raises(DataError, match="cannot keep a ledger at"), database.writing(path):
            pass
    assert (list(folder.iterdir()), sorted(entry.name for entry in tmp_path.iterdir())) == ([], ["link", "odd?name"])


def test_a_path_with_a_quote_is_just_a_path(tmp_path):
    path = tmp_path / "it's; drop.duckdb"
    with database.writing(path) as ledger:
        insert_reject(ledger, 3)

    assert rejected_lines(path) == [3]


def test_a_given_connection_keeps_its_staging_tables_between_blocks(path):
    with contextlib.closing(database.connect()) as connection:
        connection.execute("create table staged as select 41 + 1 as line")
        with database.writing(path, connection=connection) as ledger:
            ledger.execute(
                "insert into reject (file_id, line, reason, line_hash) select 1, line, 'r', 'h' from memory.staged"
            )
        assert rejected_lines(path) == [42]
        with database.reading(path, connection=connection) as ledger:
            assert ledger.execute("select line from reject").fetchall() == [(42,)]


def test_a_failed_block_is_rolled_back_and_the_lock_given_up(path):
    with contextlib.closing(database.connect()) as connection:

        def fail() -> None:
            with database.writing(path, connection=connection) as ledger:
                ledger.execute("begin")
                insert_reject(ledger, 1)
                raise ValueError("stop")

        with pytest.raises(ValueError, match="stop"):
            fail()

        assert rejected_lines(path) == []


def test_a_reader_cannot_write(path):
    with pytest.raises(duckdb.InvalidInputException, match="read-only"), database.reading(path) as ledger:
        insert_reject(ledger, 1)


def test_times_are_in_utc():
    with contextlib.closing(database.connect()) as connection:
        assert connection.execute("select current_setting('TimeZone')").fetchone() == ("UTC",)


def test_a_link_leads_to_the_ledger_itself(path, tmp_path):
    link = tmp_path / "link.duckdb"
    link.symlink_to(path)

    with database.writing(link) as ledger:
        insert_reject(ledger, 5)

    assert link.is_symlink()
    assert rejected_lines(path) == [5]


def test_a_dangling_link_gets_its_ledger_where_it_points(tmp_path):
    link = tmp_path / "link.duckdb"
    link.symlink_to(tmp_path / "real.duckdb")

    with database.writing(link):
        pass

    assert link.is_symlink()
    assert rejected_lines(tmp_path / "real.duckdb") == []


class TestRefusals:
    """A file that is not a current ledger is named, explained and left alone."""

    def refused(self, path: Path, *, how=(database.reading, database.writing)) -> list[DataError]:
        before = path.read_bytes() if path.is_file() else None
        errors = []
        for opening in how:
            with pytest.raises(DataError) as caught, opening(path):
                pass
            assert caught.value.exit_code == ExitCode.DATA
            errors.append(caught.value)
        assert (path.read_bytes() if path.is_file() else None) == before
        return errors

    def test_a_missing_ledger_names_the_place_and_ingest(self, tmp_path):
        (error,) = self.refused(tmp_path / "none.duckdb", how=[database.reading])

        assert error.message == f"no ledger at {tmp_path / 'none.duckdb'}"
        assert "llmcost ingest" in error.hint

    def test_a_missing_folder(self, tmp_path):
        (error,) = self.refused(tmp_path / "no" / "l.duckdb", how=[database.writing])

        assert error.message == f"cannot make {tmp_path / 'no' / 'l.duckdb'}: its folder does not exist"

    def test_a_folder(self, tmp_path):
        for error in self.refused(tmp_path):
            assert error.message == f"{tmp_path} is a folder, not a ledger"

    def test_an_empty_file(self, tmp_path):
        path = tmp_path / "empty"
        path.touch()

        for error in self.refused(path):
            assert error.message == f"{path} is empty, not a ledger"

    @pytest.mark.parametrize("content", [b"x", b"request_id,cost\n" * 1000, b"SQLite format 3\x00" * 1000])
    def test_a_foreign_file(self, tmp_path, content):
        path = tmp_path / "logs.csv"
        path.write_bytes(content)

        for error in self.refused(path):
            assert error.message == f"{path} is not an llmcost ledger"

    @pytest.mark.parametrize(
        "table",
        ["create table t (a integer)", "create table schema_migration (a integer)", "create schema s"],
    )
    def test_another_programs_database(self, tmp_path, table):
        path = tmp_path / "other.duckdb"
        with duckdb.connect(str(path)) as connection:
            connection.execute(table)

        for error in self.refused(path):
            assert error.message == f"{path} is not an llmcost ledger"

    def test_a_truncated_ledger(self, path):
        os.truncate(path, 20_000)

        for error in self.refused(path):
            assert error.message.startswith(f"{path} is damaged: ")

    def test_a_ledger_with_a_broken_block(self, path):
        content = bytearray(path.read_bytes())
        content[4096:12288] = bytes(byte ^ 0x55 for byte in content[4096:12288])
        path.write_bytes(content)

        for error in self.refused(path):
            assert error.message.startswith(f"{path} is damaged: ")

    def test_a_ledger_whose_damage_shows_only_when_it_is_read(self, path):
        with database.writing(path) as ledger:
            ledger.execute("insert into reject select 1, range, md5(range::varchar), 'h', null from range(200000)")
        content = bytearray(path.read_bytes())
        # Blocks of 256 KiB start after three headers of 4 KiB; the first is full of values.
        content[12288 + 1000 : 12288 + 2000] = bytes(1000)
        path.write_bytes(content)

        with pytest.raises(DataError, match="is damaged: ") as caught, database.reading(path) as ledger:
            ledger.execute("select count(distinct reason), sum(line) from reject").fetchall()

        assert caught.value.message.startswith(f"{path} is damaged: ")

    def test_a_newer_ledger(self, path):
        with database.writing(path) as ledger:
            ledger.execute("insert into schema_migration values ('9999_teleport', '2031-01-01', '9.0.0')")

        for error in self.refused(path):
            assert error.message == f"{path} was written by a newer llmcost (it has 9999_teleport)"

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    def test_a_file_we_may_not_read(self, path):
        path.chmod(0)
        with pytest.raises(DataError, match="Permission denied"), database.reading(path):
            pass

    def test_a_log_without_its_ledger(self, path):
        path.rename(path.with_name("llmcost.duckdb.wal"))

        (error,) = self.refused(path, how=[database.writing])

        assert "its write-ahead log llmcost.duckdb.wal is there" in error.message
        assert not path.exists()


class TestSharing:
    """One writer or many readers, across processes."""

    @pytest.mark.parametrize("opening", [database.reading, database.writing])
    def test_a_held_ledger_names_the_holder(self, path, opening):
        with (
            held_by_another_process(path) as pid,
            pytest.raises(DataError, match=rf"in use by process {pid} \(python.*\); gave up after 0\.1 s"),
            opening(path, wait=0.1),
        ):
            pass

    @pytest.mark.parametrize("opening", [database.reading, database.writing])
    def test_an_option_is_named_only_to_those_who_have_it(self, path, opening, monkeypatch):
        """Who states how long to wait was given `--wait`, or might have been."""
        monkeypatch.setattr(database, "_READING", 0.1)
        monkeypatch.setattr(database, "_WRITING", 0.1)
        hints = []
        with held_by_another_process(path):
            for told in ({}, {"wait": 0.1}):
                with pytest.raises(DataError) as refusal, opening(path, **told):
                    pass
                hints.append(refusal.value.hint)

        assert hints == ["let it finish, and try again", "let it finish, or wait longer with --wait SECONDS"]

    def test_readers_share(self, path):
        with held_by_another_process(path, options="(read_only)"):
            assert rejected_lines(path) == []

    def test_a_writer_waits_until_the_file_is_free(self, path):
        with held_by_another_process(path), pytest.raises(DataError), database.writing(path, wait=0):
            pass
        with database.writing(path, wait=0) as ledger:
            insert_reject(ledger, 1)

        assert rejected_lines(path) == [1]

    def test_the_lock_is_held_only_inside_the_block(self, path):
        with contextlib.closing(database.connect()) as connection:
            with database.writing(path, connection=connection):
                pass
            with held_by_another_process(path):
                pass

    def test_writers_that_start_together_make_one_ledger(self, tmp_path):
        path = tmp_path / "llmcost.duckdb"
        code = f"""
from pathlib import Path
from llmcost.ledger import database
with database.writing(Path({str(path)!r})) as ledger:
    ledger.execute("insert into reject select 1, count(*), 'r', 'h', null from reject")
"""
        processes = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(3)]

        assert [process.wait(timeout=30) for process in processes] == [0, 0, 0]
        assert rejected_lines(path) == [0, 1, 2]
        assert [entry.name for entry in tmp_path.iterdir()] == ["llmcost.duckdb"]

    def test_a_killed_writer_leaves_what_it_committed(self, path):
        code = f"""
import os
from pathlib import Path
from llmcost.ledger import database
with database.writing(Path({str(path)!r})) as ledger:
    ledger.execute("insert into reject values (1, 1, 'committed', 'h', null)")
    ledger.execute("begin")
    ledger.execute("insert into reject values (1, 2, 'not committed', 'h', null)")
    os.kill(os.getpid(), 9)
"""
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9

        assert rejected_lines(path) == [1]
        with database.writing(path):
            pass
        assert [entry.name for entry in path.parent.iterdir()] == ["llmcost.duckdb"]

    def test_a_maker_killed_half_way_leaves_no_ledger(self, tmp_path):
        path = tmp_path / "llmcost.duckdb"
        code = f"""
import os
from pathlib import Path
from llmcost.ledger import database, migrations
migrations.apply = lambda *_: os.kill(os.getpid(), 9)
with database.writing(Path({str(path)!r})):
    pass
"""
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9
        assert not path.exists()

        with database.writing(path):
            pass
        assert [entry.name for entry in tmp_path.iterdir()] == ["llmcost.duckdb"]


class TestMigrations:
    """A ledger from before a migration, seen by an llmcost that has it."""

    @pytest.fixture
    def older(self, path, monkeypatch):
        with database.writing(path) as ledger:
            insert_reject(ledger, 8)
        later = migrations.Migration(name="9002_later", sql="alter table reject add column note varchar; select 1")
        monkeypatch.setattr(migrations, "known", lambda: (*KNOWN, later))
        return path

    def test_a_reader_names_the_command(self, older):
        with pytest.raises(DataError, match="older llmcost") as caught, database.reading(older):
            pass

        assert "llmcost db migrate" in caught.value.hint

    def test_a_writer_migrates_and_keeps_the_old_file(self, older):
        with database.writing(older) as ledger:
            assert ledger.execute("select line, note from reject").fetchall() == [(8, None)]
            assert migrations.applied_names(ledger) == (*NAMES, "9002_later")

        backup = older.with_name(BACKUP)
        assert stat.S_IMODE(backup.stat().st_mode) == 0o600
        with duckdb.connect(str(backup), read_only=True) as connection:
            assert connection.execute("select * from reject").fetchall() == [(1, 8, "not-json", "abc", None)]
            assert connection.execute("select name from schema_migration order by name").fetchall() == [
                (one,) for one in NAMES
            ]
        assert {entry.name for entry in older.parent.iterdir()} == {"llmcost.duckdb", BACKUP}

    def test_a_migration_that_fails_changes_nothing(self, older, monkeypatch):
        bad = migrations.Migration(name="9003_bad", sql="drop table conflict; select no_such_column from reject")
        monkeypatch.setattr(migrations, "known", lambda: (*KNOWN, bad))

        with pytest.raises(duckdb.BinderException), database.writing(older):
            pass

        monkeypatch.undo()
        with database.reading(older) as ledger:
            assert migrations.applied_names(ledger) == NAMES
            assert ledger.execute("select count(*) from conflict").fetchone() == (0,)

    def test_the_clock_of_the_record_can_be_set(self, tmp_path, monkeypatch):
        monkeypatch.setenv("LLMCOST_NOW", "2026-11-21T10:00:00+01:00")
        with database.writing(tmp_path / "l.duckdb") as ledger:
            rows = ledger.execute("select name, applied_at::varchar from schema_migration").fetchall()

        assert sorted(rows) == [(name, "2026-11-21 09:00:00") for name in NAMES]


class TestScratch:
    """Working folders beside the ledger."""

    def test_a_folder_is_private_and_goes_with_its_block(self, tmp_path):
        with scratch.folder_beside(tmp_path / "l.duckdb") as folder:
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
            (folder / "spilled").write_text("values")

        assert list(tmp_path.iterdir()) == []

    def test_a_folder_in_use_is_left_alone_and_an_abandoned_one_swept(self, tmp_path):
        abandoned = tmp_path / "l.duckdb.tmp-killed"
        abandoned.mkdir()
        (abandoned / "spilled").touch()
        with scratch.folder_beside(tmp_path / "l.duckdb") as first, scratch.folder_beside(tmp_path / "l.duckdb"):
            assert first.is_dir()
            assert not abandoned.exists()

    def test_where_folders_cannot_be_locked_a_file_inside_is(self, tmp_path, monkeypatch):
        pretend_nfs(monkeypatch)
        abandoned, born = tmp_path / "l.duckdb.tmp-killed", tmp_path / "l.duckdb.tmp-born"
        abandoned.mkdir()
        (abandoned / ".lock").touch()
        born.mkdir()
        with (
            scratch.folder_beside(tmp_path / "l.duckdb") as first,
            scratch.folder_beside(tmp_path / "l.duckdb") as second,
        ):
            assert first.is_dir()
            assert second != first
            assert not abandoned.exists()

        assert list(tmp_path.iterdir()) == [born]

    def test_where_nothing_can_be_locked_a_folder_is_made_all_the_same(self, tmp_path, monkeypatch):
        def of_nothing(descriptor: int, operation: int) -> None:
            raise OSError(errno.ENOLCK, "No locks available")

        monkeypatch.setattr(fcntl, "flock", of_nothing)
        with (
            scratch.folder_beside(tmp_path / "l.duckdb") as first,
            scratch.folder_beside(tmp_path / "l.duckdb") as second,
        ):
            assert first.is_dir()
            assert second != first

        assert list(tmp_path.iterdir()) == []

    def test_a_link_or_file_of_that_name_is_not_followed(self, tmp_path):
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        (tmp_path / "l.duckdb.tmp-link").symlink_to(elsewhere)
        (tmp_path / "l.duckdb.tmp-file").write_text("mine")

        with scratch.folder_beside(tmp_path / "l.duckdb"):
            pass

        assert {entry.name for entry in tmp_path.iterdir()} == {"elsewhere", "l.duckdb.tmp-link", "l.duckdb.tmp-file"}

    def test_a_spilling_connection_takes_its_folder_with_it(self, tmp_path):
        connection = database.connect(memory_limit="40MB", threads=1, spill=tmp_path / "l.duckdb")
        connection.execute("create table big as select range as i, md5(range::varchar) as h from range(1000000)")
        (folder,) = tmp_path.iterdir()
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert any(folder.iterdir())

        connection.close()
        del connection

        assert list(tmp_path.iterdir()) == []

    def test_without_a_place_to_spill_a_query_too_large_fails(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        with (
            contextlib.closing(database.connect(memory_limit="20MB", threads=1)) as connection,
            pytest.raises(duckdb.OutOfMemoryException),
        ):
            connection.execute("create table big as select range as i, md5(range::varchar) as h from range(1000000)")

        assert list(tmp_path.iterdir()) == []


def test_info_counts_what_the_ledger_holds(path):
    with database.writing(path) as ledger:
        ledger.execute(
            """
            insert into request (row_key, part, source, issuer, ingest_id, started_at, time_origin, final, operation,
                                 status, gateway_cached, usage_origin, cost_status, charge_basis)
            select uuid(), 0, source, 'openai', 1, started_at, 'log', true, 'chat', 'ok', false, 'billed', 'unpriced',
                   'metered'
            from (values ('a', timestamp '2026-11-02 10:00:00'), ('b', timestamp '2026-11-03 11:30:00'),
                         ('b', timestamp '2026-11-01 09:00:00')) as rows (source, started_at)
            """
        )
        insert_reject(ledger, 1)

    found = info(path)

    assert found.path == path
    assert found.size == path.stat().st_size
    assert found.schema_version == len(NAMES)
    assert found.tables == {name: {"request": 3, "reject": 1}.get(name, 0) for name in TABLES}
    assert list(found.sources.items()) == [("b", 2), ("a", 1)]
    assert found.first_request.isoformat() == "2026-11-01T09:00:00+00:00"
    assert found.last_request.isoformat() == "2026-11-03T11:30:00+00:00"
    assert found.price_list is None
    assert found.duckdb_version == duckdb.__version__


def test_a_ledger_does_not_take_the_format_of_the_newest_duckdb(path):
    with contextlib.closing(database.connect()) as connection:
        connection.execute(f"attach '{path}' as ledger (read_only)")
        tags = connection.execute("select tags from duckdb_databases() where database_name = 'ledger'").fetchone()

    assert tags[0]["storage_version"].startswith("v1.5")


def test_a_copied_ledger_is_a_ledger(path, tmp_path):
    with database.writing(path) as ledger:
        insert_reject(ledger, 9)
    shutil.copyfile(path, tmp_path / "copy.duckdb")

    assert rejected_lines(tmp_path / "copy.duckdb") == [9]


def test_a_ledger_in_a_folder_closed_to_us_is_refused_before_any_work(tmp_path, monkeypatch):
    """DuckDB writes its log beside the ledger, and `forget` puts a new file in its place."""
    path = tmp_path / "l.duckdb"
    with database.writing(path):
        pass
    access = os.access
    monkeypatch.setattr(os, "access", lambda place, mode: Path(place) != tmp_path and access(place, mode))
    told = "cannot write to .*l.duckdb: its folder is not writable"
    with pytest.raises(DataError, match=told), database.writing(path):
        pass
    with pytest.raises(DataError, match=told), database.rewriting(path, lambda _: None):
        pass
    with database.reading(path) as ledger:
        assert ledger.execute("select count(*) from request").fetchone() == (0,)
