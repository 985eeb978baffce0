"""Two tag keys that look like one.

`userId` beside `user_id`, or `custmer_id` beside `customer_id`: each holds a part of the requests, and a report by one of
them misses the other. A key that is one slip from one that fills a dimension leaves that dimension empty.

Fix: send one of them. Until the programs do, `attribution:` in llmcost.yaml can name both.
"""

from collections.abc import Iterator

from llmcost.domain.text import plural
from llmcost.tags.alike import slips, spellings
from llmcost.tags.check import Check, Known, Problem
from llmcost.tags.literals import TagSet
from llmcost.tags.usage import Usage
from llmcost.tags.words import folded, quoted, snake


def find(found: Usage, known: Known) -> Iterator[Problem]:
    """Keys against each other, and against those that are expected."""
    uses = {one.key: one for one in sorted(found.keys, key=lambda one: (-one.requests, one.key))}
    paired: set[str] = set()
    for group in spellings(list(uses)):
        for other in group[1:]:
            paired.add(other)
            yield Problem(
                message=f"the tag keys {quoted(group[0])} and {quoted(other)} differ in spelling only"
                f" ({uses[group[0]].requests:,} and {uses[other].requests:,} requests)",
                key=other,
                about=group[0],
                help=f"send {quoted(group[0])} everywhere",
            )
    expected = [key for key in _expected(known) if key not in uses]
    for usual, other in slips([*uses, *expected]):
        # Of two keys nobody expects, neither is known to be wrong.
        better, worse = (other, usual) if usual in uses and other in expected else (usual, other)
        if worse in uses and worse not in paired and worse not in _expected(known):
            yield Problem(
                message=f"the tag key {quoted(worse)} is one letter from {quoted(better)}"
                f" ({plural(uses[worse].requests, 'request')})",
                key=worse,
                about=better,
                help=f"if {quoted(better)} is meant, send that",
                confidence="proved" if better in known.rules.glossary else "maybe",
            )


def find_written(tags: TagSet, known: Known) -> Iterator[Problem]:
    """Keys in programs against those that are expected."""
    expected = _expected(known)
    for tag in tags.tags:
        key = tag.key.text
        if key in expected:
            continue
        better = next((one for one in expected if folded(one) == folded(key)), None)
        better = better or next((usual for usual, _ in slips([*expected, key]) if _ == key), None)
        # How it would be written in snake_case is told by the check of that.
        if better is not None and better != snake(key):
            yield Problem(
                message=f"the tag key {quoted(key)} is close to {quoted(better)}",
                key=key,
                about=better,
                place=tag.key.place,
                help=f"if {quoted(better)} is meant, write that",
                confidence="proved" if better in known.rules.glossary else "maybe",
            )


def _expected(known: Known) -> list[str]:
    """Keys of the glossary, and those that fill dimensions."""
    return list(dict.fromkeys([*known.rules.glossary, *(key for keys in known.attribution.values() for key in keys)]))


check = Check(code="TG201", severity="warning", of_usage=find, of_set=find_written)
