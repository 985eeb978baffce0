"""Whether a log can tell how many calls were under way: where none of them has an end, a limit on that is not replayed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from llmcost.quota.replay.matched import MatchedRequests

if TYPE_CHECKING:
    from llmcost.ledger.composition import Selection
    from llmcost.ledger.connection import Connection
    from llmcost.quota.replay.plan import Plan

_REASON = "counts requests under way, and the log does not say when any of those it is about ended"


def with_ends(connection: Connection, selection: Selection, made: Plan) -> Plan:
    """The plan without limits on calls under way for which none of the selected requests has an end; those are left out."""
    held = tuple(slot for slot in made.slots if slot.is_held)
    if not held:
        return made
    query, source = MatchedRequests(connection, selection, replace(made, slots=held)).source()
    columns = ", ".join(
        f"count(key_{number}) > 0 and count(key_{number}) filter (has_end) = 0" for number in range(len(held))
    )
    row = connection.execute(f"{source} select {columns} from matched", query.parameters).fetchone()
    endless = [slot for slot, is_endless in zip(held, row or (), strict=True) if is_endless]
    return replace(
        made,
        slots=tuple(slot for slot in made.slots if slot not in endless),
        left_out=(*made.left_out, *((slot.limit, _REASON) for slot in endless)),
    )
