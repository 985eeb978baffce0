"""A key of the glossary that no request carries.

Either nobody sends it yet, or nobody does any more, or it is sent under another name.

Fix: send it, or take it out of the glossary.
"""

from collections.abc import Iterator

from llmcost.domain.text import nearest
from llmcost.tags.check import Check, Known, Problem
from llmcost.tags.usage import Usage
from llmcost.tags.words import quoted


def find(found: Usage, known: Known) -> Iterator[Problem]:
    """Keys described and never met."""
    for key, rule in known.rules.glossary.items():
        # A required key that is missing is told as that.
        if found.requests and not rule.required and not found.carrying(key):
            yield Problem(
                message=f"no request carries {quoted(key)}, which the glossary describes",
                key=key,
                help=nearest(key, [one.key for one in found.keys if known.rule(one.key) is None]),
            )


check = Check(code="TG405", severity="warning", of_usage=find)
