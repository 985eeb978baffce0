"""TrueFoundry's first generation of budgets.

It keeps working; new features come to V2 only, where every budget that matches applies and order means nothing.

Fix: `llmcost quota migrate` writes the V2 manifests.
"""

from collections.abc import Iterator

from llmcost.quota.check import Check, Known
from llmcost.quota.config import Config
from llmcost.quota.problem import Problem


def find(config: Config, known: Known) -> Iterator[Problem]:
    """Configs of that type."""
    node = config.root.get("type")
    if config.dialect_id == "tfy-budgets" and node is not None:
        yield Problem(
            at=node, message="V2 budgets are recommended", help="`llmcost quota migrate` writes the V2 manifests"
        )


check = Check(code="QD604", severity="info", of_config=find)
