"""No rule matches every request, so whatever is not named is unlimited.

A new team, a new model or a caller without metadata falls through all rules.

Fix: end with a rule `when: {}`.
"""

from collections.abc import Iterator

from llmcost.quota.check import Check, Known
from llmcost.quota.config import Config
from llmcost.quota.problem import Problem


def find(config: Config, known: Known) -> Iterator[Problem]:
    """A config of rules without a last resort."""
    rules = config.rules
    if not config.dialect.ordered or not rules or any(limit.match.is_everything for limit in rules):
        return
    yield Problem(
        at=config.root.key("rules") or config.root,
        message="no rule matches every request: traffic that none of them names is unlimited",
        help="add a last rule with `when: {}`",
    )


check = Check(code="QR406", severity="warning", of_config=find)
