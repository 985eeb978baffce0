"""A rule for metadata that no request carries.

Either no request has the key, or none has it with this value. The rule then matches nothing, and what it was meant for falls
through to the next one.

Fix: write key and value as requests have them.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from llmcost.quota.check import Check, Known
from llmcost.quota.checks._data import near, written
from llmcost.quota.matching import pattern_covers
from llmcost.quota.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost.quota.config import Config
    from llmcost.quota.history import History

_TAGGED = ("metadata.", "tags.", "header.")


def find(config: Config, history: History, known: Known) -> Iterator[Problem]:
    """Keys and values of metadata no past request has."""
    for limit in config.rules:
        for condition in limit.match.conditions:
            dimension = condition.dimension
            if not dimension.startswith(_TAGGED):
                continue
            key = dimension.partition(".")[2]
            seen = history.values(dimension)
            if not seen:
                yield Problem(
                    at=written(limit, key, dimension),
                    message=f"none of the {history.words} carries metadata `{key}`",
                    help=near(key, Counter({tag: sum(history.values(f"tags.{tag}").values()) for tag in history.tags})),
                    rule_id=limit.id,
                )
                continue
            for value in sorted(condition.values or ()):
                if not any(pattern_covers(value, text) for text in seen):
                    yield Problem(
                        at=written(limit, value),
                        message=f"metadata `{key}` is `{value}` in none of the {history.words}",
                        help=near(value, seen),
                        rule_id=limit.id,
                    )


check = Check(code="QU603", severity="warning", confidence="needs-data", of_history=find)
