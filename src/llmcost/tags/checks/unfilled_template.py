"""A value in which a placeholder was never filled in.

`{user_id}`, `${TEAM}` or `%s` reached the provider as it stands in the program: the formatting was forgotten.

Fix: fill it in; an f-string needs its `f`.
"""

import re
from collections.abc import Iterator

from llmcost.domain.text import plural
from llmcost.tags.check import Check, Known, Problem
from llmcost.tags.literals import TagSet
from llmcost.tags.usage import KeyUse, Usage
from llmcost.tags.words import listed, quoted

_HOLE = re.compile(r"\{\{?\s*[A-Za-z_][\w.]*\s*\}?\}|\$\{[^}]+\}|\$[A-Z][A-Z0-9_]+\b|%\([a-z_]+\)s|^%[sd]$|<[a-z_ -]+>")


def find(use: KeyUse, found: Usage, known: Known) -> Iterator[Problem]:
    """One finding for each key."""
    odd = [one for one in use.values if _HOLE.search(one.value)]
    if odd:
        count = sum(one.requests for one in odd)
        yield Problem(
            message=f"{quoted(use.key)} was not filled in on {plural(count, 'request')}: {listed([one.value for one in odd])}",
            key=use.key,
        )


def find_written(tags: TagSet, known: Known) -> Iterator[Problem]:
    """Values in programs, which may be formatted elsewhere."""
    for tag in tags.tags:
        if tag.value is not None and _HOLE.search(tag.value.text):
            yield Problem(
                message=f"the value {quoted(tag.value.text)} of {quoted(tag.key.text)} is not filled in here",
                key=tag.key.text,
                about=tag.value.text,
                place=tag.value.place,
                help="an f-string needs its f",
                confidence="maybe",
            )


check = Check(code="TG602", severity="error", of_key=find, of_set=find_written)
