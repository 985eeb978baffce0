"""A value the glossary lists and no request has.

Fix: take it out of the list if it is of no use any more.
"""

from collections.abc import Iterator

from llmcost.tags.check import Check, Known, Problem
from llmcost.tags.usage import KeyUse, Usage
from llmcost.tags.words import listed, quoted


def find(use: KeyUse, found: Usage, known: Known) -> Iterator[Problem]:
    """One finding for each key."""
    rule = known.rules.glossary.get(use.key)
    if rule is None or use.distinct > len(use.values):
        return
    met = {one.value for one in use.values}
    unused = [value for value in rule.values if value not in met]
    if unused:
        yield Problem(message=f"no request has these values of {quoted(use.key)}: {listed(unused, 5)}", key=use.key)


check = Check(code="TG406", severity="info", of_key=find)
