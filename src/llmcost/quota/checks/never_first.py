"""A rule that matched past requests and decided none of them.

Where the first rule that matches decides, earlier rules took every request it was about. The file alone does not say so: another
rule may not cover it and still leave it nothing that anybody sends.

Fix: move it above the rules that take its requests, or delete it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost.quota.check import Check, Known
from llmcost.quota.checks._data import ENOUGH
from llmcost.quota.matching import covers
from llmcost.quota.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost.quota.config import Config
    from llmcost.quota.history import History


def find(config: Config, history: History, known: Known) -> Iterator[Problem]:
    """Rules that were never the first, and are not covered by one earlier rule: that is another check's."""
    if config.semantics.decides != "first":
        return
    for limit, result in history.outcomes(config):
        if result.decided or result.matched < ENOUGH:
            continue
        earlier = [one for one in config.rules if one.rule < limit.rule]
        if any(covers(one.match, limit.match) is True for one in earlier):
            continue
        yield Problem(
            at=limit.place("id"),
            message=f"rule `{limit.label}` matched {result.matched:,} of {history.words} and decided none: earlier rules took them",
            help="move it above them, or delete it",
            rule_id=limit.id,
        )


check = Check(code="QR403", severity="warning", confidence="needs-data", of_history=find)
