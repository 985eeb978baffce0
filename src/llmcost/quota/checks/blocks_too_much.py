"""A limit that would have refused every tenth request it decides, or more.

Found by replaying past requests. A limit that is hit all day is not a guard against the unusual: callers learn to retry, and what
they retry is not spent less.

Fix: raise it, or count by user or team; `llmcost quota simulate` shows who is hit and when.
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

_SHARE = 0.1


def find(config: Config, history: History, known: Known) -> Iterator[Problem]:
    """Limits that refuse much of what they decide."""
    for limit, result in history.outcomes(config):
        if not limit.amount or result.decided < ENOUGH or result.share < _SHARE:
            continue
        would = "would refuse" if limit.mode == "audit" else "refuses"
        yield Problem(
            at=limit.place("amount"),
            message=f"`{limit.label}` {would} {100 * result.share:.0f}% of what it decides:"
            f" {result.refused:,} of {result.decided:,} requests, replaying {history.words}",
            help="`llmcost quota simulate` shows who is hit and when",
            rule_id=limit.id,
        )


check = Check(code="QU605", severity="warning", confidence="needs-data", of_history=find)
