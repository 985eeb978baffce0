"""Two rules with one id.

The gateway names the rule that refused a request by its id; with two of them nobody knows which.

Fix: rename one.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from llmcost.quota.check import Check, Known
from llmcost.quota.config import Config
from llmcost.quota.problem import Problem

if TYPE_CHECKING:
    from llmcost.quota.limit import Limit


def find(config: Config, known: Known) -> Iterator[Problem]:
    """Every rule after the first of its id."""
    if not config.dialect.unique_ids:
        return
    first: dict[str, Limit] = {}
    for limit in config.rules:
        if limit.id is None:
            continue
        other = first.setdefault(limit.id, limit)
        if other is not limit:
            yield Problem(
                at=limit.place("id"),
                message=f"two rules are called `{limit.id}`",
                help="rename one: a refused request names the rule by its id",
                rule_id=limit.id,
                related=((other.place("id"), "the first"),),
            )


check = Check(code="QS207", severity="error", of_config=find)
