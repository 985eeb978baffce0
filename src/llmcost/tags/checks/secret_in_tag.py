"""A tag whose value has the shape of a credential.

Tags are logged by every gateway on the way, kept for years and shown on dashboards.

Fix: revoke the credential, stop sending it, and send the name of the key instead. `llmcost db forget` takes it out of the ledger.
"""

from collections.abc import Iterator

from llmcost.domain.credentials import CREDENTIAL
from llmcost.domain.text import plural
from llmcost.tags.check import Check, Known, Problem
from llmcost.tags.literals import TagSet
from llmcost.tags.usage import KeyUse, Usage
from llmcost.tags.words import listed, quoted


def find(use: KeyUse, found: Usage, known: Known) -> Iterator[Problem]:
    """One finding for each key."""
    odd = [one for one in use.values if CREDENTIAL.search(one.value)]
    if odd:
        count = sum(one.requests for one in odd)
        yield Problem(
            message=f"{quoted(use.key)} holds credentials on {plural(count, 'request')}: {listed([one.value for one in odd])}",
            key=use.key,
            help="revoke them, and send the name of the key instead",
        )


def find_written(tags: TagSet, known: Known) -> Iterator[Problem]:
    """Values in programs."""
    for tag in tags.tags:
        if tag.value is not None and CREDENTIAL.search(tag.value.text):
            yield Problem(
                message=f"the value of {quoted(tag.key.text)} is a credential: {quoted(tag.value.text)}",
                key=tag.key.text,
                place=tag.value.place,
                help="revoke it, and send the name of the key instead",
            )


check = Check(code="TG603", severity="error", of_key=find, of_set=find_written)
