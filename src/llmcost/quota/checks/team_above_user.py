"""A rule for a team stands above a rule for a user.

If the user is in the team, the team's rule decides and the user's never does. The file does not say who is in which team.

Fix: put users above teams.
"""

from collections.abc import Iterator

from llmcost.quota.check import Check, Known
from llmcost.quota.config import Config
from llmcost.quota.matching import covers
from llmcost.quota.moves import moved_above
from llmcost.quota.problem import Problem

_MOST = 400


def find(config: Config, known: Known) -> Iterator[Problem]:
    """Users below a team that may be theirs."""
    if config.semantics.decides != "first":
        return
    rules = config.rules[:_MOST]
    for place, limit in enumerate(rules):
        first = next((one for one in rules[:place] if covers(one.match, limit.match) is None), None)
        if first is not None:
            yield Problem(
                at=limit.place("id"),
                message=f"if its user is in the team of `{first.label}`, rule `{limit.label}` never decides",
                help="put rules for users above rules for teams",
                rule_id=limit.id,
                related=((first.place("id"), "decides first for members of its team"),),
                change=moved_above(config, limit, first),
            )


check = Check(code="QR408", severity="info", confidence="maybe", of_config=find)
