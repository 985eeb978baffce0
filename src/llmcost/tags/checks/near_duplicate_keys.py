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
from llmcost.tags.usage import KeyUse, Usage
from llmcost.tags.words import folded, is_snake, quoted, snake


def find(found: Usage, known: Known) -> Iterator[Problem]:
    """Keys against each other, and against those that are expected."""
    expected = _expected(known)

    def rank(use: KeyUse) -> tuple[int, bool, int, str]:
        # However often the others are sent: an expected key is the one that fills its dimension.
        place = expected.index(use.key) if use.key in expected else len(expected)
        return place, not is_snake(use.key), -use.requests, use.key

    uses = {one.key: one for one in sorted(found.keys, key=rank)}
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
    for usual, other in slips([*uses, *(key for key in expected if key not in uses)]):
        # Of two keys nobody expects, neither is known to be wrong.
        better, worse = (other, usual) if other in expected else (usual, other)
        if worse in uses and worse not in paired and worse not in expected:
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
