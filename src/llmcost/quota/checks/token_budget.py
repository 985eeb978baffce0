"""A TrueFoundry budget in tokens.

The type definitions of truefoundry-sdk 0.6.0 have `tokens_per_day` and `tokens_per_month`; TrueFoundry's article of 2026-09-28
says that budgets are in money only.

Fix: use a budget in dollars, or a rate limit in tokens.
"""

from collections.abc import Iterator

from llmcost.quota.check import Check, Known
from llmcost.quota.config import Config
from llmcost.quota.problem import Problem


def find(config: Config, known: Known) -> Iterator[Problem]:
    """Budgets that count tokens."""
    if config.dialect_id != "tfy-budgets":
        return
    for limit in config.rules:
        if limit.unit == "tokens":
            yield Problem(
                at=limit.place("unit"),
                message="a budget in tokens: the type definitions have it, the documentation says there is none",
                rule_id=limit.id,
            )


check = Check(code="QB556", severity="info", of_config=find)
