"""How gateways decide when several rules match one request.

TrueFoundry alone has had four ways for the same files; which one holds changes what a file means more than any number in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from llmcost.domain.errors import UsageError
from llmcost.domain.text import nearest


@dataclass(frozen=True, slots=True, kw_only=True)
class Semantics:
    """Which rule decides a request, and which counters it moves."""

    name: str
    decides: Literal["first", "all"]
    """The first rule that matches, or every one of them."""
    counts: Literal["deciding", "all"]
    """Whose counters a request moves: those of the rule that decides it, or of all that match."""
    text: str
    source: str
    """Where the gateway's documentation says so."""


_FIRST = "the first rule that matches decides; every rule that matches counts"
_ALL = "every rule that matches must allow the request"

PROFILES: dict[str, Semantics] = {
    one.name: one
    for one in (
        Semantics(
            name="tfy-v1",
            decides="first",
            counts="all",
            text=_FIRST,
            source="https://www.truefoundry.com/docs/change-announcements/deprecation-of-rate-limiting-v1",
        ),
        Semantics(
            name="tfy-v1-budget",
            decides="first",
            counts="all",
            text=_FIRST,
            source="https://www.truefoundry.com/docs/ai-gateway/budgetlimiting",
        ),
        Semantics(
            name="tfy-legacy-all",
            decides="all",
            counts="all",
            text=_ALL + ", and the first that does not is named",
            source="https://docs.truefoundry.com/docs/configure-ratelimits",
        ),
        Semantics(
            name="tfy-v2",
            decides="all",
            counts="all",
            text=_ALL + "; order means nothing",
            source="https://www.truefoundry.com/docs/ai-gateway/ratelimiting-v2",
        ),
        Semantics(
            name="all-must-pass",
            decides="all",
            counts="all",
            text=_ALL,
            source="https://docs.litellm.ai/docs/proxy/users",
        ),
    )
}
"""By name."""

OTHER_READING = {"tfy-v1": "tfy-legacy-all", "tfy-v1-budget": "tfy-legacy-all", "tfy-legacy-all": "tfy-v1"}
"""The other way TrueFoundry's own pages say the same file is read."""


def semantics_named(name: str) -> Semantics:
    """The profile of that name; UsageError when there is none."""
    if name not in PROFILES:
        raise UsageError(
            f"unknown semantics {name!r}", hint=nearest(name, PROFILES) or f"choose one of {', '.join(PROFILES)}"
        )
    return PROFILES[name]
