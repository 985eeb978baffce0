"""Requests without a tag that the glossary requires.

What a request is for cannot be found out later. A dimension that another tag fills counts as well: a request with
`tenant_id` has a `customer_id` where the rules of attribution say so.

Fix: send the tag; or say `required: 95%` if some requests cannot have it.
"""

from collections.abc import Iterator
from decimal import Decimal

from llmcost.domain.text import plural
from llmcost.tags.check import Check, Known, Problem
from llmcost.tags.literals import TagSet
from llmcost.tags.usage import Usage
from llmcost.tags.words import quoted


def find(found: Usage, known: Known) -> Iterator[Problem]:
    """Keys that too few requests carry."""
    for key, rule in known.rules.glossary.items():
        carrying = found.carrying(key)
        if not rule.required or not found.requests or carrying >= rule.required * found.requests:
            continue
        lacking = found.requests - carrying
        share = Decimal(100 * lacking) / found.requests
        allowed = "" if rule.required == 1 else f"; at least {(rule.required * 100).normalize():f}% must have it"
        yield Problem(
            message=f"{lacking:,} of {plural(found.requests, 'request')} ({share:.1f}%) have no {quoted(key)}{allowed}",
            key=key,
            help=f"`llmcost report --where '{key}=' --by source,model` shows which" if key.isidentifier() else None,
        )


def find_written(tags: TagSet, known: Known) -> Iterator[Problem]:
    """Sets of tags in programs that lack one: a gateway may add it."""
    if not tags.complete or tags.carrier == "Helicone-Property":
        return
    there = {name for tag in tags.tags for name in (tag.key.text, known.column(tag.key.text))}
    lacking = [key for key, rule in known.rules.glossary.items() if rule.required == 1 and key not in there]
    if lacking:
        yield Problem(
            message=f"{tags.carrier} without {', '.join(quoted(key) for key in lacking)}, which the glossary requires",
            about=",".join(lacking),
            place=tags.place,
            confidence="maybe",
        )


check = Check(code="TG401", severity="error", of_usage=find, of_set=find_written)
