"""A tag key that is not snake_case.

`customerId`, `Customer-ID` and `customer_id` are three keys to every report. One spelling for all keys means that nobody has to
know which.

Fix: write it in lower case with underscores: `customer_id`. Dots may part a key from its namespace.
"""

from collections.abc import Iterator

from llmcost.domain.credentials import CREDENTIAL
from llmcost.domain.text import plural
from llmcost.tags.check import Check, Known, Problem
from llmcost.tags.literals import TagSet
from llmcost.tags.usage import KeyUse, Usage
from llmcost.tags.words import is_snake, quoted, snake


def find(use: KeyUse, found: Usage, known: Known) -> Iterator[Problem]:
    """Keys in the ledger."""
    if not is_snake(use.key) and use.key not in known.rules.glossary:
        yield Problem(
            message=f"the tag key {quoted(use.key)} is not snake_case ({plural(use.requests, 'request')})",
            key=use.key,
            help=_help(use.key),
        )


def find_written(tags: TagSet, known: Known) -> Iterator[Problem]:
    """Keys in programs."""
    for tag in tags.tags:
        if not is_snake(tag.key.text) and tag.key.text not in known.rules.glossary:
            yield Problem(
                message=f"the tag key {quoted(tag.key.text)} is not snake_case",
                key=tag.key.text,
                place=tag.key.place,
                help=_help(tag.key.text),
            )


def _help(key: str) -> str | None:
    # Spelt otherwise a credential has no shape to be masked by.
    better = "" if CREDENTIAL.search(key) else snake(key)
    return f"write it as {quoted(better)}" if better else None


check = Check(code="TG101", severity="warning", of_key=find, of_set=find_written)
