"""A limit of zero refuses every request it matches.

That may be meant as a switch to turn something off; more often a value was never filled in.

Fix: delete the rule, or say that it is meant: `# llmcost: ignore[QL301] kill switch`.
"""

from collections.abc import Iterator

from llmcost.quota.check import Check, Known
from llmcost.quota.config import Config
from llmcost.quota.problem import Problem


def find(config: Config, known: Known) -> Iterator[Problem]:
    """Limits of exactly zero."""
    for limit in config.limits:
        if limit.amount == 0 and limit.mode == "enforce":
            yield Problem(
                at=limit.place("amount"),
                message=f"`{limit.label}` has a limit of 0: every request it decides is refused",
                help="if that is meant, say so: `# llmcost: ignore[QL301] kill switch`",
                rule_id=limit.id,
            )


check = Check(code="QL301", severity="warning", of_config=find)
