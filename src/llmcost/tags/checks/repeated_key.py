"""A tag that is set twice in one place.

The last one wins and the first is never sent.

Fix: remove one of them.
"""

from collections.abc import Iterator

from llmcost.tags.check import Check, Known, Problem
from llmcost.tags.literals import TagSet
from llmcost.tags.words import quoted


def find(tags: TagSet, known: Known) -> Iterator[Problem]:
    """Keys written more than once."""
    seen: set[str] = set()
    for tag in tags.tags:
        # Items of a list that have no key of their own share one.
        if tag.key.text in seen and tag.key.text != "request_tags":
            yield Problem(message=f"{quoted(tag.key.text)} is set twice", key=tag.key.text, place=tag.key.place)
        seen.add(tag.key.text)


check = Check(code="TG704", severity="error", of_set=find)
