"""A tag key that the glossary does not have.

A key nobody has described is one nobody can rely on: it may mean anything, and may be gone tomorrow.

Fix: describe it under `tags: {glossary: ...}` in llmcost.yaml, or stop sending it.
"""

from collections.abc import Iterator

from llmcost.domain.text import nearest, plural
from llmcost.tags.check import Check, Known, Problem
from llmcost.tags.literals import TagSet
from llmcost.tags.usage import KeyUse, Usage
from llmcost.tags.words import quoted


def find(use: KeyUse, found: Usage, known: Known) -> Iterator[Problem]:
    """Keys in the ledger."""
    if known.rules.glossary and known.rule(use.key) is None:
        yield Problem(
            message=f"the tag key {quoted(use.key)} is not in the glossary ({plural(use.requests, 'request')})",
            key=use.key,
            help=nearest(use.key, known.rules.glossary),
        )


def find_written(tags: TagSet, known: Known) -> Iterator[Problem]:
    """Keys in programs."""
    for tag in tags.tags:
        if known.rules.glossary and known.rule(tag.key.text) is None:
            yield Problem(
                message=f"the tag key {quoted(tag.key.text)} is not in the glossary",
                key=tag.key.text,
                place=tag.key.place,
                help=nearest(tag.key.text, known.rules.glossary),
            )


check = Check(code="TG402", severity="warning", of_key=find, of_set=find_written)
