"""A ledger written as a folder and read back is the same ledger, whichever DuckDB does either."""

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.ingesting import chat, native, picture, read, write
from tests.once import made_once

import llmcost
from llmcost.domain.errors import DataError
from llmcost.ledger import database, scratch
from llmcost.ledger.archive import MANIFEST, export_ledger, import_ledger, tables_of

ROOT = Path(__file__).parents[2]


def _read_log(folder):
    lines = [
        native(request_id="one", tags={"customer_id": "acme", "naïve": "ü\x00\n"}, reported_cost="0.000000000001"),
        native(latency_ms=0.1 + 0.2, temperature=0.3),
        chat("two"),
        chat("two", prompt=7),
        {"what": "is this"},
        b"{",
    ]
    read(folder / "ledger", write(folder / "log.jsonl", lines))


@pytest.fixture
def ledger(tmp_path, tmp_path_factory):
    shutil.copytree(made_once(tmp_path_factory, "archived", _read_log), tmp_path, dirs_exist_ok=True)
    return tmp_path / "ledger"


def everything(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with database.reading(path) as connection:
        tables = [
            row[0]
            for row in connection.execute(
                "select table_name from duckdb_tables() where database_name = 'ledger' order by 1"
            ).fetchall()
        ]
        return {table: connection.execute(f"from {table}").fetchall() for table in tables}


def test_what_is_read_back_is_the_same_ledger(ledger, tmp_path):
    export_ledger(ledger, tmp_path / "out")
    import_ledger(tmp_path / "out", tmp_path / "again")
    assert everything(tmp_path / "again") == everything(ledger)
    assert picture(tmp_path / "again", tmp_path) == picture(ledger, tmp_path)
    assert read(tmp_path / "again", tmp_path / "log.jsonl").files[0].status == "known"


def test_the_folder_is_for_its_owner_alone_and_is_not_written_over(ledger, tmp_path):
    export_ledger(ledger, tmp_path / "out")
    assert (tmp_path / "out").stat().st_mode & 0o077 == 0
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "out").iterdir()} == {0}
    with pytest.raises(DataError, match="holds something"):
        export_ledger(ledger, tmp_path / "out")
    with pytest.raises(DataError, match="already"):
        import_ledger(tmp_path / "out", ledger)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ledger", "log.jsonl", "out"]


def test_an_empty_folder_is_filled_and_stays_the_folder_it_is(ledger, tmp_path):
    """It may be a mount, such as a volume of a container, which nothing can be moved onto."""
    out = tmp_path / "out"
    (out / "export.tmp-killed").mkdir(parents=True)
    (out / "lost+found").mkdir()
    before = out.stat().st_ino
    export_ledger(ledger, out)
    assert out.stat().st_ino == before
    names = {path.name for path in out.iterdir()}
    assert MANIFEST in names
    assert not any(name.startswith("export") for name in names)
    assert {path.stat().st_mode & 0o077 for path in out.iterdir() if path.name != "lost+found"} == {0}
    import_ledger(out, tmp_path / "again")
    assert everything(tmp_path / "again") == everything(ledger)
    with pytest.raises(DataError, match="holds something"):
        export_ledger(ledger, out)


def test_two_exports_into_one_folder_are_not_mixed(ledger, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    with scratch.folder_beside(out / "export"), pytest.raises(DataError, match="holds something"):
        export_ledger(ledger, out)
    assert list(out.iterdir()) == []


@pytest.mark.parametrize("there", [True, False])
def test_a_folder_that_may_not_be_written_to_is_named(ledger, tmp_path, monkeypatch, there):
    out = tmp_path / "out"
    if there:
        out.mkdir()
    monkeypatch.setattr(os, "access", lambda *_: False)
    place = out if there else tmp_path
    with pytest.raises(DataError, match=f"^cannot write {out}: {place} may not be written to$"):
        export_ledger(ledger, out)


def test_a_folder_that_was_changed_is_refused_and_leaves_nothing(ledger, tmp_path):
    export_ledger(ledger, tmp_path / "out")
    request = tmp_path / "out" / "request.parquet"
    whole = request.read_bytes()
    request.write_bytes(whole[:-20] + b"x" * 20)
    with pytest.raises(DataError, match="checksum of table request differs"):
        import_ledger(tmp_path / "out", tmp_path / "new")
    request.unlink()
    with pytest.raises(DataError, match=r"request\.parquet is missing"):
        import_ledger(tmp_path / "out", tmp_path / "new")
    request.write_bytes(whole)
    manifest = json.loads((tmp_path / "out" / MANIFEST).read_text())
    manifest["tables"]["request"]["rows"] += 1
    (tmp_path / "out" / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(DataError, match="rows, its manifest says"):
        import_ledger(tmp_path / "out", tmp_path / "new")
    assert not list(tmp_path.glob("new*"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": "other/1"}, "is no exported ledger"),
        ({"migrations": ["0001_initial", "9999_later"]}, "was written by a newer llmcost"),
        ({"tables": {"request": {"file": "../ledger", "rows": 1, "sha256": ""}}}, "is damaged"),
        ({"tables": {}}, "is not complete"),
    ],
)
def test_a_manifest_that_says_something_else_is_refused(ledger, tmp_path, change, message):
    export_ledger(ledger, tmp_path / "out")
    manifest = json.loads((tmp_path / "out" / MANIFEST).read_text()) | change
    (tmp_path / "out" / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(DataError, match=message):
        import_ledger(tmp_path / "out", tmp_path / "new")


def test_an_older_schema_is_migrated(ledger, tmp_path):
    export_ledger(ledger, tmp_path / "out")
    manifest = json.loads((tmp_path / "out" / MANIFEST).read_text())
    manifest["migrations"] = [name for name in manifest["migrations"] if name < "0005"]
    entries = manifest["tables"]
    with database.creating(tmp_path / "old", manifest["migrations"]) as connection:
        manifest["tables"] = {table: entries[table] for table in tables_of(connection)}
        for table in manifest["tables"]:
            path = tmp_path / "out" / f"{table}.parquet"
            # As the older schema has it: nothing of ours is in the columns that came later.
            connection.execute(f"create temp table older as from ledger.{table} limit 0")
            known = {name for name, *_ in connection.execute(f"describe from '{path}'").fetchall()}
            names = [name for name, *_ in connection.execute("describe older").fetchall() if name in known]
            connection.execute(f"insert into older by name select {', '.join(names)} from '{path}'")
            connection.execute(f"copy older to '{path}'")
            connection.execute("drop table older")
            entries[table]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (tmp_path / "out" / MANIFEST).write_text(json.dumps(manifest))
    import_ledger(tmp_path / "out", tmp_path / "new")
    assert picture(tmp_path / "new", tmp_path) == picture(ledger, tmp_path)


def _other_python() -> Path | None:
    named = os.environ.get("LLMCOST_DUCKDB15_PYTHON")
    path = Path(named) if named else ROOT / ".venv-duckdb15" / "bin" / "python"
    return path if path.exists() else None


@pytest.mark.skipif(_other_python() is None, reason="needs the environment of make test-duckdb15")
def test_a_ledger_moves_between_versions_of_duckdb_and_back(ledger, tmp_path):
    def run(*arguments: object) -> None:
        environ = {
            "PYTHONPATH": str(Path(llmcost.__file__).parents[1]),
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
        }
        command = [str(_other_python()), "-m", "llmcost", *map(str, arguments)]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stderr

    export_ledger(ledger, tmp_path / "out")
    run("db", "import", tmp_path / "out", "--db", tmp_path / "other")
    run("db", "export", tmp_path / "back", "--db", tmp_path / "other")
    import_ledger(tmp_path / "back", tmp_path / "again")
    assert everything(tmp_path / "again") == everything(ledger)
    assert picture(tmp_path / "again", tmp_path) == picture(ledger, tmp_path)
