"""Budgets and alert rules whose conditions no request ever met: one with a slip in it would be ok for ever."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from llmcost.budgets.spending import selection
from llmcost.config.settings import Settings
from llmcost.domain.period import Period, time_zone
from llmcost.ledger import scopes
from llmcost.ledger.composition import Basis
from llmcost.ledger.scopes import Conditions, Scope, Spent
from llmcost.ledger.suggestion import suggestions

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection

_COMPARED = 20
"""How many are compared with the values of the ledger, which takes a while."""


def unmatched(
    connection: "Connection", settings: Settings, scoped: Mapping[str, Conditions], now: datetime, basis: Basis
) -> dict[str, str]:
    """By name: what conditions may have meant that no request before `now` meets; those without conditions are left out."""
    asked = {name: conditions for name, conditions in scoped.items() if conditions}
    if not asked:
        return {}
    zone, past = time_zone(settings.tz), Period(until=now)
    chosen = selection(settings, basis, past, zone=zone, currency=None)
    wanted = [Scope(conditions=conditions) for conditions in asked.values()]
    sums = scopes.spending(connection, chosen, wanted, ())[()]
    empty = [name for name, spent in zip(asked, sums, strict=True) if spent == Spent()]
    found = {}
    for place, name in enumerate(empty):
        narrowed = replace(chosen, conditions=asked[name])
        meant = suggestions(connection, narrowed) if place < _COMPARED else ()
        found[name] = "; ".join(meant) or "no request ever met its conditions"
    return found
