"""A limit that only watches, where nothing else enforces.

`audit` counts and tells but refuses nothing. While no enforced limit covers the same requests, they are unlimited.

Fix: enforce it once its numbers are trusted.
"""

from collections.abc import Iterator

from llmcost.quota.check import Check, Known
from llmcost.quota.config import Config
from llmcost.quota.matching import covers
from llmcost.quota.problem import Problem


def find(configs: tuple[Config, ...], known: Known) -> Iterator[tuple[Config, Problem]]:
    """Audited limits whose requests no enforced one covers."""
    enforced = [limit for config in configs for limit in config.limits if limit.mode != "audit"]
    for config in configs:
        for limit in config.rules:
            if limit.mode != "audit" or any(
                one.kind == limit.kind and covers(one.match, limit.match) is True for one in enforced
            ):
                continue
            yield (
                config,
                Problem(
                    at=limit.place("mode"),
                    message=f"`{limit.label}` only watches, and no other {'budget' if limit.kind == 'budget' else 'limit'}"
                    " enforces anything for these requests",
                    help="enforce it once its numbers are trusted",
                    rule_id=limit.id,
                ),
            )


check = Check(code="QB553", severity="warning", of_all=find)
