"""Whether a ledger has anything of whom it is to forget; where it has not, who is called nearly so."""

import difflib
from dataclasses import dataclass

from llmcost.ledger import database
from llmcost.ledger.forgetting import ForgetRequest, Forgotten
from llmcost.ledger.tombstones import keys, mac

_MOST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranger:
    """An id of which a ledger holds nothing."""

    forgotten: bool
    """It was forgotten before: what comes of it is masked."""
    near: tuple[str, ...]
    """Ids of the ledger that are spelt nearly so, nearest first."""


def stranger(request: ForgetRequest, found: Forgotten) -> Stranger | None:
    """None for an id that a preview found something of. Raises DataError for a ledger that cannot be read."""
    if found.requests or found.buckets or found.masked or found.paths:
        return None
    column = f"{request.kind}_id"
    with database.reading(request.ledger, wait=request.wait) as connection:
        # Only of an id that could be anything do the counts above leave this out.
        outcome = f"json_extract_string(dimensions, '/{column}') = $id"
        if connection.execute(f"select 1 from ledger.outcome where {outcome} limit 1", {"id": request.id}).fetchone():
            return None
        macs = [mac(key, request.id) for key in keys(connection)]
        (stones,) = connection.execute(
            "select count(*) from ledger.tombstone where kind = $kind and list_contains($macs, mac)",
            {"kind": request.kind, "macs": macs},
        ).fetchone() or (0,)
        names = connection.execute(
            f"""
            select {column} from ledger.request where {column} is not null
            union select {column} from ledger.usage_bucket where {column} is not null
            order by all
            """
        ).fetchall()
    near = difflib.get_close_matches(request.id, [row[0] for row in names], n=_MOST)
    return Stranger(forgotten=bool(stones), near=tuple(near))
