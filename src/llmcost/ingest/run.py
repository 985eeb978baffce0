"""The use case: read what the user names into the ledger, each call once, and say what happened."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from llmcost.domain.errors import DataError
from llmcost.ingest.batch import Run, batch_bytes, opened
from llmcost.ingest.checkpoints import (
    Checkpoint,
    checkpoints,
    known_copies,
    known_files,
    lacks_rejects,
    read_otherwise,
    with_rejects,
)
from llmcost.ingest.cut_rows import cut_rows
from llmcost.ingest.files import LogFile
from llmcost.ingest.lineage import lineage_of
from llmcost.ingest.offered import looked_at, spooled_stdin, tell_formats
from llmcost.ingest.reader import Reject
from llmcost.ingest.registry import all_sources
from llmcost.ingest.request import IngestRequest, forced_route, settings_text_of, sources_for
from llmcost.ingest.result import FileResult, IngestResult
from llmcost.ingest.stage import MappingSettings
from llmcost.ingest.summary import summarise
from llmcost.ledger import database, scratch
from llmcost.ledger.tombstones import Tombstones, tombstones
from llmcost.pricing.price_list import load_price_list

if TYPE_CHECKING:
    from llmcost.ledger.database import Connection

_BATCH_FILES = 1000


def ingest(request: IngestRequest, progress: Callable[[int, int], None] | None = None) -> IngestResult:
    """Read every file that is new or changed. `progress` is told bytes done and bytes in all.

    Raises UsageError for paths that do not exist, ConfigError for a bad price list, DataError for a ledger that cannot
    be written. What could not be read inside a file is part of the result.
    """
    sources = sources_for(request)
    database.check_name(request.ledger)
    price_list = load_price_list(tuple(request.pricing))
    with ExitStack() as stack:
        folder = stack.enter_context(scratch.folder_beside(request.ledger))
        files, trouble = looked_at(request.paths, request.ledger)
        if "-" in request.paths and request.stdin is not None:
            files.append(spooled_stdin(request.stdin, folder))
        if not files:
            ledger = request.ledger.resolve()
            if any(Path(path).resolve() == ledger for path in request.paths):
                raise DataError(f"{request.ledger} is the ledger itself", hint="name the logs to read into it")
            raise DataError(
                f"no files in {', '.join(request.paths)}", hint="name a folder that holds logs, or the logs themselves"
            )
        connection = opened(request, stack)
        settings_text = settings_text_of(request, sources)
        stored, stones = _stored(connection, request)
        if stones is not None:
            files = [replace(file, ledger_path=stones.masked(file.ledger_path)) for file in files]
        revisions = {name: source.revision for name, source in all_sources().items()}
        results: dict[int, FileResult] = known_files(stored, files, settings_text, revisions)
        tell_formats(files, results, trouble)
        todo = [n for n in range(len(files)) if n not in results and files[n].format not in {"unknown", "empty"}]
        copies = known_copies(
            stored, files, todo, settings=settings_text, revisions=revisions, by_mtime=request.at == "mtime"
        )
        todo = [n for n in todo if n not in copies]
        for number, file in enumerate(files):
            if number in results or number in copies:
                continue
            if file.format == "unknown":
                results[number] = _unread(file, trouble.get(number))
            elif file.format == "empty":
                results[number] = FileResult(path=file.shown, status="read", named=file.named, sources={})
        settings = MappingSettings(
            sources=sources,
            attribution=request.attribution,
            at=request.at,
            lineage=lineage_of(files, sources, {path: seen.result.sources for path, seen in stored.items()}),
            forced=forced_route(request),
        )
        run = Run(
            connection,
            request=request,
            settings=settings,
            price_list=price_list,
            settings_text=settings_text,
            folder=folder,
            stones=stones,
        )
        if copies:
            results |= dict(zip(copies, run.copies({files[n]: seen for n, seen in copies.items()}), strict=True))
        otherwise = read_otherwise(stored, files, todo, settings=settings_text, revisions=revisions)
        results |= _read_all(run, files, todo, stored=stored, otherwise=otherwise, progress=progress)
        summary = None
        if request.ledger.exists():
            run.rate_unpriced()
            if request.summary or any(lacks_rejects(result) for result in results.values()):
                with database.reading(request.ledger, connection=connection, wait=request.wait):
                    results = with_rejects(connection, files, results)
                    if request.summary:
                        summary = summarise(connection, request.attribution)
    return IngestResult(
        ledger=request.ledger,
        files=tuple(results[n] for n in range(len(files))),
        summary=summary,
        locked_until=run.lock,
        late=run.late,
        left_unpriced=run.left_unpriced,
    )


def _stored(connection: "Connection", request: IngestRequest) -> tuple[dict[str, Checkpoint], Tombstones | None]:
    """What the ledger knows: files that were read, and whom it has forgotten."""
    if not request.ledger.exists():
        return {}, None
    with database.reading(request.ledger, connection=connection, wait=request.wait, migrate=True):
        return checkpoints(connection), tombstones(connection)


def _read_all(
    run: Run,
    files: Sequence[LogFile],
    todo: Sequence[int],
    *,
    stored: Mapping[str, Checkpoint],
    otherwise: Mapping[int, int],
    progress: Callable[[int, int], None] | None,
) -> dict[int, FileResult]:
    """The files at these positions, batch by batch. `otherwise` are the ledger's numbers of those that were read in another way."""
    total = sum(files[n].size for n in todo)
    done = 0
    results: dict[int, FileResult] = {}
    for numbers in _batches(files, todo):
        batch = [files[n] for n in numbers]
        later = {seen for n, seen in otherwise.items() if n > numbers[-1]}
        results |= dict(zip(numbers, _read(run, batch, stored, later), strict=True))
        done += sum(file.size for file in batch)
        if progress is not None:
            progress(done, total)
    return results


def _read(
    run: Run, files: Sequence[LogFile], stored: Mapping[str, Checkpoint], later: Collection[int]
) -> list[FileResult]:
    """One batch; `later` as of `Run.batch`.

    A file of a folder may be rotated away before its turn, which must not keep the others from being read.
    """
    try:
        return run.batch(files, cut=cut_rows(stored, files, run.folder), later=later)
    except Exception as error:
        gone = [file for file in files if not file.path.exists()]
        if not gone:
            raise
        for file in gone:
            if file.named:
                raise DataError(f"{file.shown} has gone", hint="run the command again with what is there") from error
    left = [file for file in files if file not in gone]
    read = iter(_read(run, left, stored, later) if left else ())
    return [
        _unread(file, f"{file.shown} has gone since the folder was looked at") if file in gone else next(read)
        for file in files
    ]


def _unread(file: LogFile, reason: str | None) -> FileResult:
    rejects = () if reason is None else (Reject(line=0, reason=reason, line_hash=""),)
    return FileResult(
        path=file.shown,
        status="unrecognised",
        named=file.named,
        sources={},
        rejects=rejects,
        trouble=reason,
        foreign=file.foreign if reason is None else None,
    )


def _batches(files: Sequence[LogFile], numbers: Sequence[int]) -> Iterator[list[int]]:
    """Small files together, a large one by itself: a commit costs about as much as 150,000 rows."""
    most = batch_bytes()
    batch: list[int] = []
    size = 0
    for number in numbers:
        weight = files[number].size * (1 if files[number].compression == "uncompressed" else 8)
        if batch and (size + weight > most or len(batch) >= _BATCH_FILES):
            yield batch
            batch, size = [], 0
        batch.append(number)
        size += weight
    if batch:
        yield batch
