"""TrueFoundry's first generation of rate limits, which is removed on 2026-12-15.

From then on the gateway does not read `gateway-rate-limiting-config` any more, and nothing is limited.
(https://www.truefoundry.com/docs/change-announcements/deprecation-of-rate-limiting-v1)

Fix: `llmcost quota migrate` writes the V2 manifests. There every rule that matches must allow a request, so an exception above a
general rule needs `not_in` in the general one.
"""

from collections.abc import Iterator
from datetime import date

from llmcost.quota.check import Check, Known
from llmcost.quota.config import Config
from llmcost.quota.problem import Problem

_REMOVED = date(2026, 12, 15)


def find(config: Config, known: Known) -> Iterator[Problem]:
    """Configs of that type; the day changes the wording only."""
    node = config.root.get("type")
    if config.dialect_id != "tfy-rate-limits" or node is None:
        return
    left = (_REMOVED - known.day).days
    when = (
        f"is removed on {_REMOVED}"
        if left >= 0
        else f"was removed on {_REMOVED}: the gateway no longer reads this file"
    )
    yield Problem(
        at=node,
        message=f"this generation of rate limits {when}",
        help="`llmcost quota migrate` writes the V2 manifests",
    )


check = Check(code="QD601", severity="warning", of_config=find)
