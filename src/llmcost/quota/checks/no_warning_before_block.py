"""A budget that blocks without a word before.

Without alerts, or with thresholds of 100 only, the first notice is the outage.

Fix: add alerts at 75, 90, 95 and 100 percent.
"""

from collections.abc import Iterator

from llmcost.quota.check import Check, Known
from llmcost.quota.config import Config
from llmcost.quota.problem import Problem


def find(config: Config, known: Known) -> Iterator[Problem]:
    """Enforced budgets that nobody is warned about."""
    if not config.dialect.alerts:
        return
    for limit in config.rules:
        if limit.kind != "budget" or limit.mode != "enforce" or limit.amount == 0:
            continue
        if limit.alerts is None or not limit.alerts.thresholds:
            message = f"`{limit.label}` blocks when it is spent, and nobody is told before"
        elif min(limit.alerts.thresholds) >= 100:
            message = f"the first alert of `{limit.label}` comes when it is spent"
        else:
            continue
        yield Problem(
            at=limit.place("alerts", "id", "amount"),
            message=message,
            help="alert at 75, 90, 95 and 100 percent",
            rule_id=limit.id,
        )


check = Check(code="QB554", severity="warning", of_config=find)
