"""Calls seen through two issuers, a gateway's log and the provider's own: told, never merged by guess."""

from datetime import datetime
from importlib import resources
from typing import TYPE_CHECKING

from llmcost.domain.doubled import Doubled

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection


def doubled(
    connection: "Connection", *, since: datetime | None = None, until: datetime | None = None
) -> tuple[Doubled, ...]:
    """Such calls in the attached ledger that began in [since, until), naive UTC; none where there is one issuer."""
    (issuers,) = connection.execute("select count(distinct issuer) from ledger.request").fetchone() or (0,)
    if issuers < 2:
        return ()
    sql = resources.files("llmcost.ledger").joinpath("doubles.sql").read_text("utf-8")
    rows = connection.execute(sql, {"since": since, "until": until}).fetchall()
    return tuple(Doubled(issuers=tuple(row[0]), evidence=row[1], requests=row[2], cost=row[3]) for row in rows)
