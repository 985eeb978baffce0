"""Callers are limited in requests only.

A request may cost a hundredth of a cent or several dollars. A limit on requests alone does not bound what they cost.

Fix: add a limit on tokens, or a budget.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from llmcost.quota.check import Check, Known
from llmcost.quota.config import Config
from llmcost.quota.matching import meet
from llmcost.quota.problem import Problem

if TYPE_CHECKING:
    from llmcost.quota.limit import Limit

_MOST = 400


def find(configs: tuple[Config, ...], known: Known) -> Iterator[tuple[Config, Problem]]:
    """Rules on requests whose callers nothing else limits."""
    limits: list[Limit] = [limit for config in configs for limit in config.limits]
    others = [limit for limit in limits if limit.unit not in {"requests", "concurrency", "tool_calls"}][:_MOST]
    for config in configs:
        for limit in config.rules[:_MOST]:
            if limit.unit == "requests" and all(meet(limit.match, other.match) is False for other in others):
                yield (
                    config,
                    Problem(
                        at=limit.place("unit"),
                        message=f"`{limit.label}` limits requests, and nothing limits what they cost",
                        help="add a limit on tokens, or a budget",
                        rule_id=limit.id,
                    ),
                )


check = Check(code="QL307", severity="info", of_all=find)
