"""Which sessions were forked from which, told from how their files begin: a fork repeats what its parents used."""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from llmcost.domain.errors import LlmcostError
from llmcost.ingest.files import LogFile, look_at
from llmcost.ingest.reader import parse
from llmcost.ingest.source import Source


def lineage_of(
    files: Collection[LogFile], sources: Mapping[str, Source], known: Mapping[str, Iterable[str]]
) -> dict[str, str]:
    """Session -> parent session, over every file of the run, and where one of them is a fork over those that are known.

    `known` are the paths of files that were read before, and the ids of the sources that were found in each.
    """
    found = _pairs(files, sources)
    if not found:
        return found
    told = {name for name, source in sources.items() if source.lineage is not None}
    here = {file.ledger_path for file in files}
    return (
        _pairs(_there(path for path, ids in known.items() if path not in here and not told.isdisjoint(ids)), sources)
        | found
    )


def _there(paths: Iterable[str]) -> Iterable[LogFile]:
    """Those that can still be read."""
    for path in paths:
        try:
            if Path(path).is_file():
                yield look_at(Path(path), path, named=False)
        except (LlmcostError, OSError):
            continue


def _pairs(files: Iterable[LogFile], sources: Mapping[str, Source]) -> dict[str, str]:
    readers = {source.lineage for source in sources.values() if source.lineage is not None}
    found: dict[str, str] = {}
    for file in files if readers else ():
        for line in _first_lines(file):
            try:
                record = parse(line)
            except ValueError:
                continue
            if isinstance(record, dict):
                found.update(pair for reader in readers if (pair := reader(record)) is not None)
    return found


def _first_lines(file: LogFile) -> list[bytes]:
    try:
        return [] if file.stated == "unknown" else file.first_lines(3)
    except OSError:
        return []
