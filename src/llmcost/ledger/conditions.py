"""`--where` terms against a ledger: each names a key the ledger knows."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from llmcost.ledger.filters import Condition, parse_condition
from llmcost.ledger.keys import Key, resolve, unknown_key
from llmcost.ledger.patterns import check_pattern

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection


def conditions(connection: "Connection", texts: Sequence[str]) -> tuple[tuple[Key, Condition], ...]:
    """The terms with their keys; UsageError for one that cannot be read or has an unknown key."""
    return tuple(_condition(connection, text) for text in texts)


def _condition(connection: "Connection", text: str) -> tuple[Key, Condition]:
    condition = parse_condition(text)
    key = resolve(connection, condition.key)
    if not key.known:
        raise unknown_key(connection, condition.key)
    if condition.operator == "~":
        for pattern in condition.values:
            check_pattern(connection, pattern or "")
    return key, condition
