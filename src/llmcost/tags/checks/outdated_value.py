"""A value the glossary lists that has not been met for long.

A team that was renamed, a feature that was shut down: the glossary should say so before somebody sets a budget on it.

Fix: take it out of the list.
"""

from collections.abc import Iterator

from llmcost.tags.check import Check, Known, Problem
from llmcost.tags.usage import KeyUse, Usage
from llmcost.tags.words import listed, quoted


def find(use: KeyUse, found: Usage, known: Known) -> Iterator[Problem]:
    """One finding for each key that is itself in use."""
    rule = known.rule(use.key)
    age = known.rules.stale_after
    if rule is None or not rule.values or found.last is None or found.last - use.last > age:
        return
    old = [one.value for one in use.values if one.value in rule.values and found.last - one.last > age]
    if old:
        yield Problem(message=f"values of {quoted(use.key)} not met for {age.days} days: {listed(old, 5)}", key=use.key)


check = Check(code="TG502", severity="info", of_key=find)
