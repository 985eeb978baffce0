"""Which sessions were forked from which, told from how their files begin: a fork repeats what its parents used."""

from collections.abc import Iterable, Mapping

from llmcost.ingest.files import LogFile
from llmcost.ingest.reader import parse
from llmcost.ingest.source import Source


def lineage_of(files: Iterable[LogFile], sources: Mapping[str, Source]) -> dict[str, str]:
    """Session -> parent session, over every file of the run."""
    readers = [source.lineage for source in sources.values() if source.lineage is not None]
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
