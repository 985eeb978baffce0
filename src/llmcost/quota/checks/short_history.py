"""The past requests looked at cover less time than the window of a limit.

Three days say nothing about a monthly budget, so checks that ask whether a limit is ever reached leave it out.

Fix: ingest older logs, or take a longer period with `--since`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost.quota.check import Check, Known
from llmcost.quota.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost.quota.config import Config
    from llmcost.quota.history import History


def find(config: Config, history: History, known: Known) -> Iterator[Problem]:
    """Limits whose window is longer than the history."""
    for limit, _ in history.outcomes(config):
        if limit.window.longest is not None and not history.covers(limit):
            yield Problem(
                at=limit.place("unit", "window", "amount"),
                message=f"{history.words} are less than the {limit.window.name} of `{limit.label}`: whether it is ever reached"
                " cannot be told",
                help="ingest older logs, or take a longer period with --since",
                rule_id=limit.id,
            )


check = Check(code="QU609", severity="info", confidence="needs-data", of_history=find)
