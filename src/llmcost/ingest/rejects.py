"""Every line the ledger could not take, with its place and the reason."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from llmcost.ledger import database
from llmcost.ledger.replaced import REPLACED


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReject:
    """One rejected line as the ledger keeps it."""

    path: str
    line: int
    reason: str
    line_hash: str
    source: str | None


def stored_rejects(ledger: Path, limit: int | None = None, *, wait: float = 5) -> Iterator[StoredReject]:
    """By file and line."""
    with database.reading(ledger, wait=wait) as connection:
        rows = connection.execute(
            """
            select file.path, reject.line,
                reject.reason || case when file.status = $replaced then ' (in the file that was here before)' else '' end,
                reject.line_hash, reject.source
            from reject join file using (file_id)
            order by file.path, reject.line, reject.reason
            limit coalesce($limit, 9223372036854775807)
            """,
            {"limit": limit, "replaced": REPLACED},
        ).fetchall()
    for path, line, reason, line_hash, source in rows:
        yield StoredReject(path=path, line=line, reason=reason, line_hash=line_hash, source=source)
