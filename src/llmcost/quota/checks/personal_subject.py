"""A person's address as a subject.

It is personal data in a repository, and the rule is left over when the person leaves.

Fix: use a team, or a virtual account.
"""

from collections.abc import Iterator

from llmcost.quota.check import Check, Known
from llmcost.quota.config import Config
from llmcost.quota.problem import Problem


def find(config: Config, known: Known) -> Iterator[Problem]:
    """Rules for addresses."""
    for limit in config.limits:
        values = [value for condition in limit.match.on("subject") for value in condition.values or ()]
        if any(value.startswith("user:") and "@" in value for value in values):
            yield Problem(
                at=limit.place("when", "id"),
                message=f"`{limit.label}` names a person",
                help="use a team or a virtual account",
                rule_id=limit.id,
            )


check = Check(code="QK803", severity="info", of_config=find)
