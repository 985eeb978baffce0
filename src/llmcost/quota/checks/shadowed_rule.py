"""A rule that never decides a request, because an earlier one matches everything it matches.

Where the first rule that matches decides, a rule for everybody above a rule for some hides the second one: it still counts, and
blocks nothing. The answer is exact: each dimension of the earlier rule's condition contains the later one's.

It is doubtful where the earlier rule counts by a key that a request may lack. Whether the gateway then skips the rule is not
documented: if it does, the later rule decides such requests, and only such. That is a warning; it is an error where users, who
always have the key `user`, never reach the later rule.

Rules that only watch (`audit_mode`) are not taken to hide others: whether the gateway goes on after one is not documented.

Fix: put the specific rule above the general one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost.quota.check import Check, Known
from llmcost.quota.checks._order import Earlier
from llmcost.quota.matching import covers, missing_keys
from llmcost.quota.moves import moved_above
from llmcost.quota.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost.quota.config import Config
    from llmcost.quota.limit import Limit


def find(config: Config, known: Known) -> Iterator[Problem]:
    """Rules below one that covers them."""
    if config.semantics.decides != "first":
        return
    earlier = Earlier()
    for limit in config.rules:
        covering = [one for one in earlier.near(limit) if covers(one.match, limit.match) is True]
        if limit.mode == "enforce":
            earlier.add(limit)
        if covering:
            best = min(covering, key=lambda one: (len(_doubts(one, limit)), one.rule))
            yield _problem(config, best, limit)


def _doubts(first: Limit, later: Limit) -> list[str]:
    """Keys the earlier rule counts by that may be missing; that of users is missing only for virtual accounts."""
    return sorted(missing_keys(first, later.match), key=lambda key: (key != "user", key))


def _only_virtual_accounts(limit: Limit) -> bool:
    """Whether a rule is for callers that have no user."""
    return any(
        condition.values is not None and all(value.startswith("virtualaccount:") for value in condition.values)
        for condition in limit.match.on("subject")
    )


def _problem(config: Config, first: Limit, later: Limit) -> Problem:
    missing = _doubts(first, later)
    line = config.source.position(first.place("id").start)[0]
    reach = "matches every request" if first.match.is_everything else "matches all it matches"
    why = f"`{first.label}` (line {line}) {reach}, and the first match decides ({config.semantics.name})"
    identical = first.match == later.match
    change = None if identical else moved_above(config, later, first)
    fix = f"move it above `{first.label}`" if not identical else "merge the two, or tell them apart by `when`"
    about = "when" if "when" in first.places else "id"
    related = ((first.place(about), reach),)
    if not missing or (missing == ["user"] and not _only_virtual_accounts(later)):
        whose = "a request" if not missing else "a user's request"
        rest = "" if not missing else "; virtual accounts have no user, and what happens to them is not documented"
        return Problem(
            at=later.place("id"),
            message=f"rule `{later.label}` can never decide {whose}: {why}{rest}",
            help=fix,
            rule_id=later.id,
            related=related,
            change=change,
        )
    keys = " and ".join(f"`{key}`" for key in missing)
    return Problem(
        at=later.place("id"),
        message=f"rule `{later.label}` decides at most requests without {keys}: {why}; whether the gateway skips a rule whose key"
        " is missing is not documented",
        help=f"{fix}, unless it is meant for requests without {keys}",
        rule_id=later.id,
        severity="warning",
        confidence="maybe",
        related=related,
        change=change,
    )


check = Check(code="QR401", severity="error", of_config=find)
