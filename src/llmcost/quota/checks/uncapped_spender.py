"""A caller with a tenth of the spending or more, whom no rule holds to an amount of their own.

Only a pool that everybody shares matches them, or nothing does. When they run away, they take the pool from everybody else; without
one, nothing stops them.

Fix: add a rule for them, or count the rule for everybody by user.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.quota.check import Check, Known
from llmcost.quota.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost.quota.config import Config
    from llmcost.quota.history import History

_SHARE = Decimal("0.1")


def find(configs: tuple[Config, ...], history: History, known: Known) -> Iterator[tuple[Config, Problem]]:
    """The callers who spent most and are held by no limit of any config."""
    with_rules = [config for config in configs if config.limits]
    if not with_rules:
        return
    config = with_rules[0]
    pool = next((limit for limit in config.rules if limit.match.is_everything), None)
    for spender in history.spenders(with_rules):
        if spender.held or spender.share < _SHARE:
            continue
        yield (
            config,
            Problem(
                at=pool.place("when", "id") if pool else config.root.key("rules") or config.root,
                message=f"`{spender.caller}` spent ${spender.cost:,.2f}, {100 * spender.share:.0f}% of {history.words}, and no"
                " rule holds them to an amount of their own",
                help="add a rule for them, or count the rule for everybody by user",
                rule_id=pool.id if pool else None,
            ),
        )


check = Check(code="QU606", severity="warning", confidence="needs-data", of_all_history=find)
