"""A limit twenty times above anything that was ever asked for.

It refused nothing and would not have with a twentieth of its amount, so it would let a runaway client do twenty times the busiest
window's work before it stops anybody. Said only where at least a week of past requests, and a whole window of the limit, is there.

Fix: lower it; `llmcost quota suggest` finds the smallest limit that would not have been in anybody's way.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from llmcost.quota.check import Check, Known
from llmcost.quota.checks._data import ENOUGH
from llmcost.quota.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost.quota.config import Config
    from llmcost.quota.history import History

_TIMES = 20
_LEAST = timedelta(days=7)


def find(config: Config, history: History, known: Known) -> Iterator[Problem]:
    """Limits far above the busiest window."""
    if history.span < _LEAST:
        return
    for limit, result in history.outcomes(config):
        if limit.mode != "enforce" or result.refused or result.matched < ENOUGH or not history.covers(limit):
            continue
        if result.most and result.amount >= _TIMES * result.most:
            times = int(result.amount / result.most)
            busiest = "" if result.most_subject in {None, "everyone"} else f" (`{result.most_subject}`)"
            yield Problem(
                at=limit.place("amount"),
                message=f"`{limit.label}` never binds: it is {times:,} times what the busiest {limit.window.name}{busiest} asked for"
                f" in {history.words}",
                help="`llmcost quota suggest` finds a limit that fits",
                rule_id=limit.id,
            )


check = Check(code="QU604", severity="warning", confidence="needs-data", of_history=find)
