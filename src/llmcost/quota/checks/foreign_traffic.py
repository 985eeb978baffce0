"""A shared counter that fills with requests other rules decide.

Under TrueFoundry's V1 the first rule that matches decides, but every rule that matches counts. A catch-all with one counter
for everybody, below specific rules, is therefore filled by their traffic: it refuses the others although they used little.
(https://www.truefoundry.com/docs/change-announcements/deprecation-of-rate-limiting-v1)

Fix: count by user, or go over to V2.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from llmcost.quota.check import Check, Known
from llmcost.quota.config import Config
from llmcost.quota.problem import Problem

if TYPE_CHECKING:
    from llmcost.quota.limit import Limit


def find(config: Config, known: Known) -> Iterator[Problem]:
    """Shared catch-alls below other rules."""
    if config.semantics.decides != "first" or config.semantics.counts != "all":
        return
    above: list[Limit] = []
    for limit in config.rules:
        if not limit.match.is_everything:
            above.append(limit)
        elif not limit.per and above:
            names = ", ".join(f"`{one.label}`" for one in above[:3]) + (", ..." if len(above) > 3 else "")
            yield Problem(
                at=limit.place("id"),
                message=f"the one counter of `{limit.label}` also fills with requests that {names} decide"
                if len(above) > 1
                else f"the one counter of `{limit.label}` also fills with requests that {names} decides",
                help="give everybody a counter of their own, or go over to V2",
                rule_id=limit.id,
                related=tuple((one.place("id"), "its traffic counts there too") for one in above[:3]),
            )


check = Check(code="QR405", severity="warning", of_config=find)
