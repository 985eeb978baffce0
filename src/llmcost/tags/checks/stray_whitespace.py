"""A key or value with space around it, or with characters that cannot be seen.

`"search "` and `"search"` look alike on every screen and are two groups in every report.

Fix: trim it where it is set.
"""

from collections.abc import Iterator

from llmcost.domain.printable import printable
from llmcost.domain.text import plural
from llmcost.tags.check import Check, Known, Problem
from llmcost.tags.literals import TagSet
from llmcost.tags.usage import KeyUse, Usage
from llmcost.tags.words import listed, quoted


def find(use: KeyUse, found: Usage, known: Known) -> Iterator[Problem]:
    """A key, and one finding for its values."""
    if _is_stray(use.key):
        yield Problem(message=f"the tag key {quoted(use.key)} has stray whitespace", key=use.key, about="key")
    odd = [one for one in use.values if _is_stray(one.value)]
    if odd:
        count = sum(one.requests for one in odd)
        yield Problem(
            message=f"{quoted(use.key)} has stray whitespace on {plural(count, 'request')}: {listed([one.value for one in odd])}",
            key=use.key,
        )


def find_written(tags: TagSet, known: Known) -> Iterator[Problem]:
    """Keys and values in programs."""
    for tag in tags.tags:
        for literal in (tag.key, tag.value):
            if literal is not None and _is_stray(literal.text):
                yield Problem(
                    message=f"{quoted(literal.text)} has stray whitespace",
                    key=tag.key.text,
                    about=literal.text,
                    place=literal.place,
                )


def _is_stray(text: str) -> bool:
    return text != text.strip() or printable(text) != text


check = Check(code="TG605", severity="warning", of_key=find, of_set=find_written)
