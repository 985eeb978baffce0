"""A soft budget without another beside it.

`soft_enforce` blocks only when no other matching budget allows the request. With no other it blocks like any; beside a loose one
it never does.

Fix: write `enforce`, or add the budget that is to take over.
"""

from collections.abc import Iterator

from llmcost.quota.check import Check, Known
from llmcost.quota.config import Config
from llmcost.quota.matching import meet
from llmcost.quota.problem import Problem


def find(configs: tuple[Config, ...], known: Known) -> Iterator[tuple[Config, Problem]]:
    """Soft budgets whose requests no other budget matches."""
    budgets = [(config, limit) for config in configs for limit in config.rules if limit.kind == "budget"]
    for config, limit in budgets:
        if limit.mode != "soft":
            continue
        if not any(
            other is not config and other.dialect_id == config.dialect_id and meet(one.match, limit.match) is not False
            for other, one in budgets
        ):
            yield (
                config,
                Problem(
                    at=limit.place("mode"),
                    message=f"`{limit.label}` is soft, but no other budget matches these requests: it blocks like any",
                    help="write `enforce`, or add the budget that is to take over",
                    rule_id=limit.id,
                ),
            )


check = Check(code="QB557", severity="warning", of_all=find)
