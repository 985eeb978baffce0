"""V1 and V2 limits side by side.

The gateway asks V1 first and V2 only when no V1 rule refuses; both count. What a caller may use is the smaller of two files.

Fix: finish the migration, then delete the V1 file.
"""

from collections.abc import Iterator

from llmcost.quota.check import Check, Known
from llmcost.quota.config import Config
from llmcost.quota.problem import Problem

_FIRST = {"tfy-rate-limits": "rate", "tfy-budgets": "budget"}


def find(configs: tuple[Config, ...], known: Known) -> Iterator[tuple[Config, Problem]]:
    """V1 configs with a V2 manifest of the same kind beside them."""
    second = [config for config in configs if config.dialect_id == "tfy-v2"]
    for config in configs:
        kind = _FIRST.get(config.dialect_id)
        other = next((one for one in second if any(limit.kind == kind for limit in one.limits)), None)
        node = config.root.get("type")
        if other is not None and node is not None:
            yield (
                config,
                Problem(
                    at=node,
                    message=f"{other.source.name} limits the same in V2: both apply, V1 first",
                    help="finish the migration and delete the V1 file",
                ),
            )


check = Check(code="QC506", severity="warning", of_all=find)
