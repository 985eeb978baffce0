"""Fill the who-columns of a ledger again from the tags it holds, after the rules changed; no log is read."""

from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from llmcost.ingest.identity import REATTRIBUTED
from llmcost.ingest.tagging import found, values
from llmcost.ledger import database
from llmcost.ledger.migrations import transaction

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection


def reattribute(ledger: Path, attribution: Mapping[str, Sequence[str]], *, wait: float = 30) -> dict[str, int]:
    """Apply the rules to every request and usage bucket. Returns, per column, how many of both changed.

    Only columns that nothing but tags fill are touched: a key, session or project the source itself states stays.
    """
    with database.writing(ledger, wait=wait) as connection, transaction(connection):
        connection.execute(resources.files("llmcost.ingest").joinpath("macros.sql").read_text("utf-8"))
        changed = [_filled_again(connection, table, attribution) for table in ("request", "usage_bucket")]
    return {name: sum(counts[name] for counts in changed) for name in REATTRIBUTED}


def _filled_again(connection: "Connection", table: str, attribution: Mapping[str, Sequence[str]]) -> Mapping[str, int]:
    filled = ", ".join(f"{found(name, attribution)} as {name}" for name in REATTRIBUTED)
    connection.execute(
        f"""
        create or replace temp table attributed as
        select tags, {filled}
        from (select tags, {values(attribution)} as tag_values from (select distinct tags from ledger.{table}))
        """
    )
    same = "held.tags is not distinct from attributed.tags"
    counts = ", ".join(f"count(*) filter (held.{name} is distinct from attributed.{name})" for name in REATTRIBUTED)
    changed = connection.execute(f"select {counts} from ledger.{table} as held join attributed on {same}").fetchone()
    differs = " or ".join(f"held.{name} is distinct from attributed.{name}" for name in REATTRIBUTED)
    updates = ", ".join(f"{name} = attributed.{name}" for name in REATTRIBUTED)
    connection.execute(f"update ledger.{table} as held set {updates} from attributed where {same} and ({differs})")
    return dict(zip(REATTRIBUTED, changed or [0] * len(REATTRIBUTED), strict=True))
