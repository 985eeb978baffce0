"""One counter for many callers.

Without a key to count by, a rule for several users gives them one pool: 1,000 requests a day for all of them together, and
the first to be busy takes it.

Fix: count by `user`, unless one pool is meant.
"""

from collections.abc import Iterator

from llmcost.quota.check import Check, Known
from llmcost.quota.config import Config
from llmcost.quota.limit import Limit
from llmcost.quota.problem import Problem


def find(config: Config, known: Known) -> Iterator[Problem]:
    """Rules without a key for several callers; a catch-all only where no rule gives anybody an own counter."""
    if not config.dialect.ordered:
        return
    own = any({"user", "virtualaccount"} & set(limit.per) for limit in config.rules)
    for limit in config.rules:
        if limit.per or limit.kind == "budget":
            continue
        callers = _callers(limit)
        if callers > 1 or (limit.match.is_everything and not own):
            whom = f"its {callers} callers" if callers > 1 else "everybody"
            yield Problem(
                at=limit.place("amount"),
                message=f"`{limit.label}` is one pool that {whom} share",
                help="count by `user` if each should have their own",
                rule_id=limit.id,
            )


def _callers(limit: Limit) -> int:
    values = [value for condition in limit.match.on("subject") for value in condition.values or ()]
    return sum(value.startswith(("user:", "virtualaccount:")) for value in values)


check = Check(code="QR409", severity="warning", of_config=find)
