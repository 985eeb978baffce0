"""The only rule for everybody counts by a metadata key that requests may lack.

What happens to a request without the key is not documented: no limit at all, or one counter for all of them.

Fix: add a last rule with `when: {}` that does not count by metadata.
"""

from collections.abc import Iterator

from llmcost.quota.check import Check, Known
from llmcost.quota.config import Config
from llmcost.quota.problem import Problem


def find(config: Config, known: Known) -> Iterator[Problem]:
    """The first catch-all, when all of them count by metadata."""
    catching = [limit for limit in config.rules if limit.match.is_everything]
    if not config.dialect.ordered or not catching:
        return
    if all(any(key.startswith("metadata.") for key in limit.per) for limit in catching):
        limit = catching[0]
        key = next(key for key in limit.per if key.startswith("metadata."))
        yield Problem(
            at=limit.place("per"),
            message=f"`{limit.label}` is the only rule for everybody and counts by `{key}`; what happens to requests without it"
            " is not documented",
            help="add a last rule with `when: {}` that does not count by metadata",
            rule_id=limit.id,
        )


check = Check(code="QR407", severity="warning", of_config=find)
