"""A tag that is not text where only text is taken.

`X-TFY-METADATA` and `x-portkey-metadata` take text only: a number, a flag or a nested object is refused or dropped.

Fix: write it in quotes.
"""

from collections.abc import Iterator

from llmcost.tags.check import Check, Known, Problem
from llmcost.tags.literals import TagSet
from llmcost.tags.words import quoted


def find(tags: TagSet, known: Known) -> Iterator[Problem]:
    """Values written as something else."""
    for tag in tags.tags:
        if tags.only_text and tag.type not in {"text", "computed"}:
            kind = f"an {tag.type}" if tag.type[0] in "ao" else f"a {tag.type}" if tag.type != "null" else "null"
            yield Problem(
                message=f"{quoted(tag.key.text)} in {tags.carrier} is {kind}; it must be text",
                key=tag.key.text,
                place=tag.key.place,
            )


check = Check(code="TG703", severity="warning", of_set=find)
