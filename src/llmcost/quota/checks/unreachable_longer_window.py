"""A limit for a long window that the one for a short window keeps out of reach.

100 requests a minute are at most 6,000 an hour; a limit of 10,000 an hour for the same callers never binds. Tokens count when
a response ends: there calls under way go over the minute, and the hour may bind after all.

Fix: lower the long one, or raise the short one.
"""

from collections.abc import Iterator

from llmcost.quota.check import Check, Known
from llmcost.quota.checks._scopes import OVERSHOOT, held, pairs
from llmcost.quota.config import Config
from llmcost.quota.problem import Problem


def find(config: Config, known: Known) -> Iterator[Problem]:
    """Longer windows out of reach."""
    if config.semantics.decides != "all":
        return
    for short, long in pairs(limit for limit in config.limits if limit.unit not in {"cost", "concurrency"}):
        count = held(short.window, long.window)
        if short.amount and long.amount is not None and short.amount * count < long.amount:
            late = short.charge == "post"
            yield Problem(
                at=long.place("amount"),
                message=f"{long.amount:,f} {long.unit} per {long.window.name} are {'hard to' if late else 'out of'} reach:"
                f" {short.amount:,f} per {short.window.name} are at most {short.amount * count:,f}{OVERSHOOT if late else ''}",
                rule_id=long.id,
                confidence="maybe" if late else None,
                related=((short.place("amount"), f"`{short.label}`"),),
            )


check = Check(code="QC501", severity="warning", of_config=find)
