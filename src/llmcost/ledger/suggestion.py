"""Which values a condition that matched nothing may have meant."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from llmcost.domain.text import brief, nearest
from llmcost.ledger import queries
from llmcost.ledger.composition import Selection
from llmcost.ledger.filters import Condition
from llmcost.ledger.keys import Key
from llmcost.ledger.metrics import metric

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection

_COMPARED = 5000
"""Values of a key a misspelt one is compared with, the costliest first."""
_SHOWN = 5


def suggestions(connection: "Connection", chosen: Selection) -> tuple[str, ...]:
    """A sentence on each value asked for that no request of the period has."""
    return tuple(
        sentence
        for key, condition in chosen.conditions
        if condition.operator in {"=", "in"}
        for sentence in _suggested(connection, chosen, key, condition)
    )


def _suggested(connection: "Connection", chosen: Selection, key: Key, condition: Condition) -> Iterator[str]:
    period = replace(chosen, conditions=())
    groups, _ = queries.grouped(connection, period, [key], [metric("requests")], limit=_COMPARED)
    present = [group.keys[0] for group in groups if group.keys[0] is not None]
    for value in condition.values:
        if value is None or value in present:
            continue
        near = nearest(value, present)
        if near is None and not present:
            yield f"no request{'' if chosen.period.since is None else ' in this period'} has a {key.name}"
        elif near is None:
            more = ", ..." if len(present) > _SHOWN else ""
            yield f"no {key.name} is {value!r}; there are {', '.join(map(brief, present[:_SHOWN]))}{more}"
        else:
            yield f"no {key.name} is {value!r}; {near}"
