"""A tag key that requests used to carry.

Requests went on, and for `stale_after` (30 days unless told otherwise) none of them had the key: it was renamed, dropped on the
way, or is not needed any more. Reports by it silently cover less and less.

Fix: find out which. `llmcost tags stale` shows when each key and value was last met.
"""

from collections.abc import Iterator

from llmcost.tags.check import Check, Known, Problem
from llmcost.tags.usage import KeyUse, Usage
from llmcost.tags.words import quoted


def find(use: KeyUse, found: Usage, known: Known) -> Iterator[Problem]:
    """Keys last met long before the last request."""
    if found.last is None or found.last - use.last <= known.rules.stale_after:
        return
    yield Problem(
        message=f"no request since {use.last:%Y-%m-%d} carries {quoted(use.key)}, {use.requests:,} before did",
        key=use.key,
    )


check = Check(code="TG501", severity="warning", of_key=find)
