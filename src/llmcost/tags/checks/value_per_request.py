"""A tag with a value of its own for nearly every request.

Such a value identifies a request or a moment. As a tag it tells nothing about cost and makes every group a group of one;
requests have an id, a trace and a session for that.

Fix: send it as the request's id, trace or session, or leave it out.
"""

from collections.abc import Iterator

from llmcost.domain.text import plural
from llmcost.tags.check import Check, Known, Problem
from llmcost.tags.usage import KeyUse, Usage
from llmcost.tags.words import quoted

_SKETCH = "prompt_sketch"
"""Has its place in a tag: near-duplicates are told by it."""
_LEAST = 100
"""Requests from which on a share means something."""


def find(use: KeyUse, found: Usage, known: Known) -> Iterator[Problem]:
    """Keys whose values hardly ever come twice."""
    if known.column(use.key) == "session_id" or use.key == _SKETCH or use.requests < _LEAST:
        return
    if use.distinct * 10 >= use.requests * 9:
        yield Problem(
            message=f"{quoted(use.key)} has {use.distinct:,} values on {plural(use.requests, 'request')}",
            key=use.key,
            help="send it as the id, trace or session of the request, not as a tag",
        )


check = Check(code="TG302", severity="warning", of_key=find)
