"""A limit above what the provider itself allows.

The provider refuses first, so the gateway's limit decides nothing, and callers see the provider's errors instead of the gateway's.
What the provider allows is in a file of `limits:` given with `--provider-limits`, such as

    limits:
      - {id: openai-tier-2, when: {model: gpt-4o}, limit: 5000, unit: requests, window: 1m}

Fix: lower the limit below the provider's, or ask the provider for more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost.quota.check import Check, Known
from llmcost.quota.matching import covers
from llmcost.quota.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost.quota.config import Config


def find(config: Config, known: Known) -> Iterator[Problem]:
    """Limits that a provider's own limit on the same thing always undercuts."""
    ceilings = [limit for one in known.ceilings for limit in one.limits if limit.amount is not None]
    for limit in config.limits:
        if limit.amount is None:
            continue
        lower = [
            one
            for one in ceilings
            if (one.unit, one.window.longest) == (limit.unit, limit.window.longest)
            and one.amount is not None
            and one.amount < limit.amount
            and covers(one.match, limit.match) is True
        ]
        if lower:
            least = min(lower, key=lambda one: one.amount or 0)
            yield Problem(
                at=limit.place("amount"),
                message=f"`{limit.label}` allows {limit.amount:,f} {limit.unit.replace('_', ' ')} per {limit.window.name}, the"
                f" provider {least.amount:,f} (`{least.label}`): the provider refuses first",
                help=f"lower it below {least.amount:,f}",
                rule_id=limit.id,
            )


check = Check(code="QL306", severity="warning", confidence="needs-data", of_config=find, needs_ceilings=True)
