"""The only way to a ledger.

All work happens on an in-memory DuckDB connection to which the ledger file is attached as the catalog `ledger`. Staging
tables live in memory, the file is locked only while it is attached, and its format does not follow the installed DuckDB.
"""

import contextlib
import os
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from llmcost.domain.errors import DataError
from llmcost.ledger import failures, migrations, scratch
from llmcost.ledger.identifiers import quote_literal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    # For annotations in the layers above, which do not know DuckDB.
    Connection: TypeAlias = DuckDBPyConnection

# What DuckDB 1.5 can read; 2.x writes it when told so.
_STORAGE = "v1.5.0"
_POLL = 0.05
_READING, _WRITING = 5.0, 30.0
"""Seconds for which another process is waited for, unless told."""

# Address space; it becomes memory as far as it is used.
_KEPT = "200MB"


def connect(
    *, memory_limit: str = "700MB", threads: int | None = None, spill: Path | None = None, keeps_blocks: bool = False
) -> "DuckDBPyConnection":
    """An in-memory connection in UTC that never touches the network.

    What does not fit `memory_limit` spills into a private folder beside `spill`, removed with the connection; without
    `spill` nothing spills and a query too large fails. With `keeps_blocks` memory that was used once is kept for more: what
    fills and drops large tables otherwise spends a tenth of its time on having the system clear it again.
    """
    import duckdb

    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory_limit,
        "preserve_insertion_order": "true",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "temp_directory": "",
    }
    # The variable is internal: tests are many, small and side by side.
    if threads := threads or int(os.environ.get("LLMCOST_THREADS", "") or 0):
        config["threads"] = threads
    if keeps_blocks:
        config["block_allocator_memory"] = _KEPT
    connection = duckdb.connect(config=config)
    if spill is not None:
        _spill_into(connection, scratch.folder_for(connection, spill))
    connection.execute("set TimeZone = 'UTC'")
    # DuckDB would draw it on stdout, which carries data.
    connection.execute("set enable_progress_bar = false")
    return connection


_PER_SHAPE_MB = 100
"""Buffers DuckDB reserves, and mostly never touches, for the expressions of one more shape in a mapping."""


@contextlib.contextmanager
def room_for(connection: "DuckDBPyConnection", shapes: int) -> Iterator[None]:
    """Let a query reserve what mapping so many shapes at once takes. Reserved buffers are no memory until they are used."""
    import duckdb

    if shapes <= 1:
        yield
        return
    (limit,) = connection.execute("select current_setting('memory_limit')").fetchone() or ("",)
    number, unit = str(limit).split()
    megabytes = float(number) * {"MiB": 1.048576, "GiB": 1073.741824, "KiB": 0.001024}[unit]
    connection.execute(f"set memory_limit = '{int(megabytes + _PER_SHAPE_MB * (shapes - 1))}MB'")
    try:
        yield
    finally:
        # What is in use by then may not fit at once; the next query that needs room makes it spill.
        with contextlib.suppress(duckdb.Error):
            connection.execute(f"set memory_limit = '{int(megabytes)}MB'")


@contextlib.contextmanager
def reading(
    path: Path, *, connection: "DuckDBPyConnection | None" = None, wait: float | None = None, migrate: bool = False
) -> Iterator["DuckDBPyConnection"]:
    """The ledger at `path`, read-only; a writer is waited for up to `wait` seconds, 5 where nobody was asked how long.

    `migrate` is for what writes afterwards: an older ledger is first brought to our schema, as `writing` does. Raises DataError
    when the ledger is missing, in use, damaged, foreign, or of another schema than ours.
    """
    target = _real(path)
    if not failures.is_there(target):
        raise failures.missing(target)
    with _attached(target, connection, options="read_only", wait=wait, usual=_READING) as session:
        lacking = _lacking(session, target)
        if lacking and not migrate:
            raise failures.older(target, lacking)
        if not lacking:
            yield session
            return
    with writing(target, connection=connection, wait=wait):
        pass
    with _attached(target, connection, options="read_only", wait=wait, usual=_READING) as session:
        yield session


@contextlib.contextmanager
def writing(
    path: Path, *, connection: "DuckDBPyConnection | None" = None, wait: float | None = None
) -> Iterator["DuckDBPyConnection"]:
    """The ledger at `path`, made or migrated if need be, locked for the length of the block.

    Another process is waited for up to `wait` seconds, 30 where nobody was asked how long. A migration first copies the ledger
    to `NAME.vN.bak`. Transactions are the caller's; one left open when the block fails is rolled back. Raises DataError as
    `reading` does.
    """
    target = _real(path)
    # The write-ahead log holds what the ledger holds and is made by DuckDB with the process's mask.
    mask = os.umask(0o077)
    try:
        if not failures.is_there(target):
            # Another process that is first makes one as good.
            with contextlib.suppress(FileExistsError), _placed(target, connection=connection):
                pass
        elif not os.access(target.parent, os.W_OK | os.X_OK):
            # DuckDB would find out in the end, when it commits.
            raise failures.closed_folder(target)
        with _attached(target, connection, options="read_write", wait=wait, usual=_WRITING) as session:
            if _lacking(session, target):
                _back_up(session, target)
                migrations.apply(session)
            yield session
    finally:
        os.umask(mask)


@contextlib.contextmanager
def beside(session: "DuckDBPyConnection", path: Path, catalog: str, *, wait: float | None = None) -> Iterator[None]:
    """Another ledger, read-only, as a catalog of a connection that has one attached. Raises DataError as `reading` does."""
    import duckdb

    target = _real(path)
    if not failures.is_there(target):
        raise failures.missing(target)
    refusal = failures.unusable(target)
    if refusal is not None:
        raise refusal
    try:
        _attach(session, target, "read_only", wait, usual=_WRITING, catalog=catalog)
        session.execute(f"use {catalog}")
        try:
            lacking = _lacking(session, target)
        finally:
            session.execute("use ledger")
    except duckdb.Error as error:
        explanation = failures.explained(target, error, opening=True)
        if explanation is None:
            raise
        raise explanation from error
    if lacking:
        raise failures.older(target, lacking)
    yield
    session.execute(f"detach {catalog}")


@contextlib.contextmanager
def creating(path: Path, only: Collection[str] | None = None) -> Iterator["DuckDBPyConnection"]:
    """An empty ledger to fill, which is at `path` when the block succeeds and nowhere when it fails.

    `only` names the migrations of an older schema. Raises DataError where there is something at `path` already.
    """
    target = _real(path)
    kind = "folder" if target.is_dir() else "ledger"
    there = DataError(f"there is a {kind} at {target} already", hint="name another file with --db PATH")
    if failures.is_there(target):
        raise there
    mask = os.umask(0o077)
    try:
        with _placed(target, only) as session:
            yield session
    except FileExistsError:
        raise there from None
    finally:
        os.umask(mask)


@contextlib.contextmanager
def rewriting(
    path: Path, inspect: Callable[[Path], None], *, wait: float | None = None
) -> Iterator["DuckDBPyConnection"]:
    """The ledger at `path`, and an empty one, the catalog `fresh`, that takes its place when the block succeeds.

    Nothing of the old file is left then, not even in blocks it no longer used. `inspect` is shown the new file before, and may
    raise. Raises DataError as `reading` does.
    """
    target = _real(path)
    if not failures.is_there(target):
        raise failures.missing(target)
    with writing(target, wait=wait) as session:
        # What is in its log goes into the file, so that no log outlives it.
        session.execute("checkpoint ledger")
        with scratch.folder_beside(target) as folder:
            new = folder / "new"
            _attach_new(session, new, "fresh")
            session.execute("use ledger")
            yield session
            session.execute("use ledger")
            session.execute("detach fresh")
            inspect(new)
            new.chmod(target.stat().st_mode & 0o777)
            new.replace(target)


def copy(path: Path, target: Path, *, wait: float | None = None) -> None:
    """Write what the ledger at `path` holds to a new file. Raises DataError as `reading` does."""
    with reading(path, wait=wait) as session:
        _copied(session, target)


def check_name(path: Path) -> None:
    """Raise DataError when no ledger could be kept at `path`, before any work is done for it."""
    _real(path)


@contextlib.contextmanager
def _attached(
    path: Path, connection: "DuckDBPyConnection | None", *, options: str, wait: float | None, usual: float
) -> Iterator["DuckDBPyConnection"]:
    import duckdb

    refusal = failures.unusable(path)
    if refusal is not None:
        raise refusal
    opening = True
    with contextlib.ExitStack() as owned:
        if connection is None:
            folder = owned.enter_context(scratch.folder_beside(path))
            session = owned.enter_context(contextlib.closing(connect()))
            _spill_into(session, folder)
        else:
            session = connection
        try:
            _attach(session, path, options, wait, usual=usual)
            try:
                session.execute("use ledger")
                opening = False
                yield session
            except BaseException:
                _abandon(session)
                raise
            else:
                _detach(session)
        except duckdb.Error as error:
            explanation = failures.explained(path, error, opening=opening)
            if explanation is None:
                raise
            raise explanation from error


def _attach(
    session: "DuckDBPyConnection",
    path: Path,
    options: str,
    wait: float | None,
    *,
    usual: float,
    catalog: str = "ledger",
) -> None:
    """Attach the file, trying again while another process holds it."""
    import duckdb

    seconds = usual if wait is None else wait
    deadline = time.monotonic() + seconds
    while True:
        try:
            session.execute(f"attach {quote_literal(str(path))} as {catalog} (type duckdb, {options})")
        except duckdb.Error as error:
            if not failures.is_locked(error):
                raise
            if time.monotonic() >= deadline:
                raise failures.locked(path, error, seconds, told=wait is not None) from error
            time.sleep(_POLL)
        else:
            return


def _detach(session: "DuckDBPyConnection") -> None:
    session.execute("use memory")
    session.execute("detach ledger")


def _abandon(session: "DuckDBPyConnection") -> None:
    """Let go of the ledger after a failure: what went wrong matters more than what then cannot be tidied up."""
    import duckdb

    with contextlib.suppress(duckdb.Error):
        session.execute("rollback")
    with contextlib.suppress(duckdb.Error):
        _detach(session)


def _lacking(session: "DuckDBPyConnection", path: Path) -> list[str]:
    """The migrations an older ledger lacks; refuses what is not a ledger or is newer than we are."""
    applied = migrations.applied_names(session)
    if not applied:
        raise failures.foreign(path)
    names = [migration.name for migration in migrations.known()]
    unknown = [name for name in applied if name not in names]
    if unknown:
        raise failures.newer(path, unknown)
    return [name for name in names if name not in applied]


@contextlib.contextmanager
def _placed(
    path: Path, only: Collection[str] | None = None, connection: "DuckDBPyConnection | None" = None
) -> Iterator["DuckDBPyConnection"]:
    """A ledger made elsewhere and put in place whole, so that a kill leaves either a ledger or nothing.

    It is made on `connection`, where there is one. Raises FileExistsError when somebody has made one there in the meantime.
    """
    if not failures.is_there(path.parent):
        raise DataError(f"cannot make {path}: its folder does not exist", hint=f"make the folder {path.parent} first")
    log = path.with_name(f"{path.name}.wal")
    if failures.is_there(log):
        raise DataError(
            f"no ledger at {path}, but its write-ahead log {log.name} is there",
            hint="put the ledger back beside it, or move the log away",
        )
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise DataError(f"cannot make {path}: its folder is not writable", hint="name another file with --db PATH")
    with scratch.folder_beside(path) as folder:
        new = folder / "new"
        with contextlib.ExitStack() as owned:
            session = connection
            if session is None:
                session = owned.enter_context(contextlib.closing(connect()))
                _spill_into(session, folder)
            try:
                _attach_new(session, new, "ledger", only)
                yield session
            except BaseException:
                _abandon(session)
                raise
            else:
                _detach(session)
        try:
            os.link(new, path)
        except FileExistsError:
            raise
        except OSError:
            new.rename(path)  # a file system without hard links


def _attach_new(session: "DuckDBPyConnection", path: Path, catalog: str, only: Collection[str] | None = None) -> None:
    """Attach an empty ledger as a catalog, and work in it."""
    session.execute(f"attach {quote_literal(str(path))} as {catalog} (type duckdb, storage_version '{_STORAGE}')")
    session.execute(f"use {catalog}")
    migrations.apply(session, only)


def _back_up(session: "DuckDBPyConnection", path: Path) -> None:
    """Copy the attached ledger to `NAME.vN.bak`.

    DuckDB makes the copy: if this process opened and closed the file itself, it would drop DuckDB's lock on it.
    """
    version = migrations.version(migrations.applied_names(session))
    with scratch.folder_beside(path) as folder:
        made = folder / "copy"
        _copied(session, made)
        made.replace(path.with_name(f"{path.name}.v{version}.bak"))


def _copied(session: "DuckDBPyConnection", target: Path) -> None:
    session.execute(f"attach {quote_literal(str(target))} as backup (type duckdb, storage_version '{_STORAGE}')")
    session.execute("copy from database ledger to backup")
    session.execute("detach backup")


def _real(path: Path) -> Path:
    """The file behind links, absolute: no name DuckDB could take for a URL or another system's prefix."""
    target = Path(os.path.realpath(path))
    refusal = failures.unnameable(target)
    if refusal is not None:
        raise refusal
    return target


def _spill_into(connection: "DuckDBPyConnection", folder: Path) -> None:
    connection.execute(f"set temp_directory = {quote_literal(str(folder))}")
