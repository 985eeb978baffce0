"""Values of one tag that look like one value.

`Search`, `search` and `serach` are three features to every report, and the budget of one sees nothing of the others. Values that
differ in case or separators only are taken for one; those one letter apart only where one is five times as rare, and as a
guess. Numbered values (`team1`, `team2`) are left alone, and so are ids.

Fix: send one of them; `llmcost ingest` of the logs again does not change what was logged.
"""

from collections.abc import Iterator

from llmcost.tags.alike import slips, spellings
from llmcost.tags.check import Check, Known, Problem, is_identity
from llmcost.tags.usage import KeyUse, Usage
from llmcost.tags.words import is_snake_value, listed, quoted


def find(use: KeyUse, found: Usage, known: Known) -> Iterator[Problem]:
    """The values of a key against each other."""
    requests = {one.value: one.requests for one in use.values}
    rule = known.rule(use.key)
    allowed = rule.values if rule is not None else ()
    named = is_identity(use.key, known)

    def rank(value: str) -> tuple[bool, bool]:
        return value not in allowed, not (named or is_snake_value(value))

    same = spellings(list(requests))
    for group in same:
        yield Problem(
            message=f"values of {quoted(use.key)} that differ in spelling only: {listed(group)}"
            f" ({', '.join(f'{requests[value]:,}' for value in group[:3])} requests)",
            key=use.key,
            about=group[0],
            help=f"send {quoted(min(group, key=rank))} everywhere",
        )
    if named or allowed:
        return
    others = {value for group in same for value in group[1:]}
    for usual, other in slips([value for value in requests if value not in others], requests):
        yield Problem(
            message=f"the value {quoted(other)} of {quoted(use.key)} is one letter from {quoted(usual)}"
            f" ({requests[other]:,} and {requests[usual]:,} requests)",
            key=use.key,
            about=other,
            help=f"if {quoted(usual)} is meant, send that",
            confidence="maybe",
        )


check = Check(code="TG202", severity="warning", of_key=find)
