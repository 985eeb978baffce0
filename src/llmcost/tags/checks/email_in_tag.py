"""A tag whose value is an e-mail address.

An address says who a person is to everybody who can read a log or a report, and changes when people marry or move. An id does
neither.

Fix: send the user's id. `llmcost db forget --user ADDRESS` takes one out of the ledger.
"""

import re
from collections.abc import Iterator

from llmcost.domain.text import plural
from llmcost.tags.check import Check, Known, Problem
from llmcost.tags.literals import TagSet
from llmcost.tags.usage import KeyUse, Usage
from llmcost.tags.words import quoted

_ADDRESS = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}")


def find(use: KeyUse, found: Usage, known: Known) -> Iterator[Problem]:
    """One finding for each key, which does not repeat the addresses."""
    odd = [one for one in use.values if _ADDRESS.fullmatch(one.value.strip())]
    if odd:
        count = sum(one.requests for one in odd)
        yield Problem(
            message=f"{quoted(use.key)} holds e-mail addresses: {plural(len(odd), 'value')} on {plural(count, 'request')}",
            key=use.key,
            help="send an id instead",
        )


def find_written(tags: TagSet, known: Known) -> Iterator[Problem]:
    """Values in programs."""
    for tag in tags.tags:
        if tag.value is not None and _ADDRESS.fullmatch(tag.value.text.strip()):
            yield Problem(
                message=f"the value of {quoted(tag.key.text)} is an e-mail address",
                key=tag.key.text,
                about=tag.value.text,
                place=tag.value.place,
                help="send an id instead",
            )


check = Check(code="TG604", severity="warning", of_key=find, of_set=find_written)
