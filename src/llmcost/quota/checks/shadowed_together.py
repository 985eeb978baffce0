"""A rule that earlier rules hide together, though none of them does alone.

Rules for `tier: free`, `tier: pro` and the teams `a` and `b` may leave nothing over for a rule below them. The answer is exact
for lists and prefixes: every combination of values named in the file, and "any other", is tried.

Fix: move the rule up, or delete it.
"""

from collections.abc import Iterator

from llmcost.quota.check import Check, Known
from llmcost.quota.config import Config
from llmcost.quota.limit import Limit
from llmcost.quota.matching import covers, meet, missing_keys, uncovered
from llmcost.quota.problem import Problem

_MOST = 300
"""Rules up to which this is tried."""


def find(config: Config, known: Known) -> Iterator[Problem]:
    """Rules that nothing is left for."""
    rules = config.rules[:_MOST]
    if config.semantics.decides != "first":
        return
    for place, limit in enumerate(rules):
        # As for one rule alone, those that only watch are not taken to hide others.
        enforced = [one for one in rules[:place] if one.mode == "enforce"]
        earlier = [
            one for one in enforced if meet(one.match, limit.match) is not False and not missing_keys(one, limit.match)
        ]
        if len(earlier) < 2 or any(covers(one.match, limit.match) is True for one in enforced):
            continue
        if uncovered(limit.match, [one.match for one in earlier]) is False:
            yield _problem(limit, earlier)


def _problem(limit: Limit, earlier: list[Limit]) -> Problem:
    names = ", ".join(f"`{one.label}`" for one in earlier[:4]) + (", ..." if len(earlier) > 4 else "")
    return Problem(
        at=limit.place("id"),
        message=f"rule `{limit.label}` can never decide a request: {names} together match all it matches",
        help="move it above them, or delete it",
        rule_id=limit.id,
        related=tuple((one.place("id"), "decides a part of them") for one in earlier[:4]),
    )


check = Check(code="QR402", severity="warning", of_config=find)
