"""A limit that is reached now and was not when its file last changed.

Traffic has grown past a number that once left room. When a file last changed is what Git says of it, or else its time of change; the
limit must have been in nobody's way for a whole window before that.

Fix: see whether the growth is wanted; then raise the limit, or keep it and write why.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from llmcost.quota.check import Check, Known
from llmcost.quota.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost.quota.config import Config
    from llmcost.quota.history import History


def find(config: Config, history: History, known: Known) -> Iterator[Problem]:
    """Limits whose first refusal is later than the last change of the file."""
    reached = [(limit, result) for limit, result in history.outcomes(config) if result.first is not None]
    changed = known.changed(config.source.name) if reached else None
    if changed is None or history.first is None:
        return
    before = (changed - history.first.replace(tzinfo=UTC)).total_seconds()
    for limit, result in reached:
        if result.first is None or result.first <= changed or before < (limit.window.longest or before + 1):
            continue
        who = "" if not result.subjects or not limit.per else f" by `{result.subjects[0][0]}`"
        yield Problem(
            at=limit.place("amount"),
            message=f"`{limit.label}` was never reached when the file last changed ({changed:%Y-%m-%d}), and is since"
            f" {result.first:%Y-%m-%d}{who}: {result.refused:,} refused",
            help="see whether the growth is wanted; then raise the limit",
            rule_id=limit.id,
        )


check = Check(code="QU607", severity="warning", confidence="needs-data", of_history=find)
