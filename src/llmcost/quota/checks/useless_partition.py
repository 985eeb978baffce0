"""A rule counts by something that has one value only.

Counting by user under a rule for one user, or by model under a rule for one model, gives the one counter there would be anyway.

Fix: drop the key.
"""

from collections.abc import Iterator

from llmcost.quota.check import Check, Known
from llmcost.quota.config import Config
from llmcost.quota.limit import Limit
from llmcost.quota.problem import Problem


def find(config: Config, known: Known) -> Iterator[Problem]:
    """Keys with a single value."""
    for limit in config.limits:
        # An override has the counters of the limit it replaces for some, whom it has to name.
        if limit.base is not None:
            continue
        for key in limit.per:
            value = _sole(limit, key)
            if value is not None:
                yield Problem(
                    at=limit.place("per"),
                    message=f"counting by `{key}` has no effect: the rule is only for `{value}`",
                    help="drop the key",
                    rule_id=limit.id,
                )


def _sole(limit: Limit, key: str) -> str | None:
    """The one value a key can have under a rule."""
    dimension = "subject" if key in {"user", "virtualaccount", "team"} else key
    conditions = limit.match.on(dimension)
    if len(conditions) != 1 or conditions[0].values is None or len(conditions[0].values) != 1:
        return None
    value = next(iter(conditions[0].values))
    if "*" in value or (dimension == "subject" and not value.startswith(f"{key}:")):
        return None
    return value


check = Check(code="QR410", severity="warning", of_config=find)
