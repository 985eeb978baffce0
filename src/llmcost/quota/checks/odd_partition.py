"""A rule counts by a key that has one value, or very many.

With one value there is one counter, and the key does nothing. With more than 100,000 each request has a counter of its own in the
end, which limits nothing and fills the gateway's store.

Fix: count by something else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost.quota.check import Check, Known
from llmcost.quota.checks._data import ENOUGH
from llmcost.quota.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost.quota.config import Config
    from llmcost.quota.history import History

_MANY = 100_000


def find(config: Config, history: History, known: Known) -> Iterator[Problem]:
    """Rules with one counter or too many."""
    seen: set[int] = set()
    for limit, result in history.outcomes(config):
        if not limit.per or limit.rule in seen or result.matched < ENOUGH:
            continue
        seen.add(limit.rule)
        names = " and ".join(f"`{name}`" for name in limit.per)
        if result.counters == 1:
            message = (
                f"{names} had one value in {result.matched:,} requests of `{limit.label}`: counting by it does nothing"
            )
        elif result.counters > _MANY:
            message = (
                f"{names} had {result.counters:,} values in {history.words}: as many counters as requests limit nobody"
            )
        else:
            continue
        yield Problem(at=limit.place("per"), message=message, help="count by something else", rule_id=limit.id)


check = Check(code="QU608", severity="info", confidence="needs-data", of_history=find)
