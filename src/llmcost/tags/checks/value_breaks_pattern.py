"""A value that does not look as the glossary says.

`pattern:` is a regular expression that must match the whole value.

Fix: send what the pattern describes, or mend the pattern.
"""

import re
from collections.abc import Iterator

from llmcost.domain.text import plural
from llmcost.tags.check import Check, Known, Problem
from llmcost.tags.literals import TagSet
from llmcost.tags.usage import KeyUse, Usage
from llmcost.tags.words import listed, quoted


def find(use: KeyUse, found: Usage, known: Known) -> Iterator[Problem]:
    """One finding for each key."""
    rule = known.rule(use.key)
    if rule is None or rule.pattern is None:
        return
    pattern = re.compile(rule.pattern)
    odd = [one for one in use.values if not pattern.fullmatch(one.value)]
    if odd:
        count = sum(one.requests for one in odd)
        yield Problem(
            message=f"{quoted(use.key)} does not match {rule.pattern} on {plural(count, 'request')}: "
            f"{listed([one.value for one in odd])}",
            key=use.key,
        )


def find_written(tags: TagSet, known: Known) -> Iterator[Problem]:
    """Values in programs."""
    for tag in tags.tags:
        rule = known.rule(tag.key.text)
        if rule is None or rule.pattern is None or tag.value is None:
            continue
        if not re.fullmatch(rule.pattern, tag.value.text):
            yield Problem(
                message=f"{quoted(tag.value.text)} does not match {rule.pattern}, the pattern of {quoted(tag.key.text)}",
                key=tag.key.text,
                about=tag.value.text,
                place=tag.value.place,
            )


check = Check(code="TG404", severity="error", of_key=find, of_set=find_written)
