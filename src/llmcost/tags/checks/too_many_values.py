"""A tag with more values than a report can show.

Past a thousand values a tag is no dimension any more: it makes every report long and every gateway's counters many. Ids of
customers and users are expected to be many and are left alone unless the glossary limits them.

Fix: send something coarser, or set `max_values:` for the key if so many are meant.
"""

from collections.abc import Iterator

from llmcost.tags.check import Check, Known, Problem, is_identity
from llmcost.tags.usage import KeyUse, Usage
from llmcost.tags.words import quoted


def find(use: KeyUse, found: Usage, known: Known) -> Iterator[Problem]:
    """Keys above their limit."""
    rule = known.rule(use.key)
    own = None if rule is None else rule.max_values
    if own is None and is_identity(use.key, known):
        return
    limit = own or known.rules.max_values
    if use.distinct > limit:
        yield Problem(
            message=f"{quoted(use.key)} has {use.distinct:,} values, more than {limit:,}",
            key=use.key,
            help="send something coarser, or set `max_values:` in the glossary",
        )


check = Check(code="TG301", severity="warning", of_key=find)
