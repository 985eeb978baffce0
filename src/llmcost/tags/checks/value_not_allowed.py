"""A value that is not among those the glossary lists.

Where `values:` says all a tag may be, anything else is a mistake or a value somebody forgot to add.

Fix: send a listed value, or add the new one to the list.
"""

from collections.abc import Iterator

from llmcost.domain.text import nearest, plural
from llmcost.tags.check import Check, Known, Problem
from llmcost.tags.literals import TagSet
from llmcost.tags.usage import KeyUse, Usage
from llmcost.tags.words import listed, quoted


def find(use: KeyUse, found: Usage, known: Known) -> Iterator[Problem]:
    """One finding for each key."""
    rule = known.rule(use.key)
    if rule is None or not rule.values:
        return
    odd = [one for one in use.values if one.value not in rule.values]
    if odd:
        count = sum(one.requests for one in odd)
        yield Problem(
            message=f"{quoted(use.key)} is not one of {listed(rule.values, 5)} on {plural(count, 'request')}: "
            f"{listed([one.value for one in odd])}",
            key=use.key,
            help=nearest(odd[0].value, rule.values),
        )


def find_written(tags: TagSet, known: Known) -> Iterator[Problem]:
    """Values in programs."""
    for tag in tags.tags:
        rule = known.rule(tag.key.text)
        if rule is None or not rule.values or tag.value is None or tag.value.text in rule.values:
            continue
        yield Problem(
            message=f"{quoted(tag.value.text)} is not a value of {quoted(tag.key.text)}: {listed(rule.values, 5)}",
            key=tag.key.text,
            about=tag.value.text,
            place=tag.value.place,
            help=nearest(tag.value.text, rule.values),
        )


check = Check(code="TG403", severity="error", of_key=find, of_set=find_written)
