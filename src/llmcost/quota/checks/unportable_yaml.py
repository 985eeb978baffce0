"""YAML that some parsers refuse or change: a byte order mark, anchors and aliases.

What applies the file may expand aliases, what stores or shows it may not, and a reviewer has to expand them in the head.

Fix: write the values out; save the file without a byte order mark.
"""

from collections.abc import Iterator

from llmcost.config.nodes import Text
from llmcost.quota.check import Check, Known
from llmcost.quota.problem import Problem


def find(text: Text, known: Known) -> Iterator[Problem]:
    """The mark, and the first alias."""
    if text.byte_order_mark:
        yield Problem(at=(0, 0), message="the file starts with a byte order mark", help="save it as UTF-8 without one")
    if text.aliases:
        start = text.aliases[0]
        end = start
        while end < len(text.text) and not text.text[end].isspace() and text.text[end] not in ",]}":
            end += 1
        more = "" if len(text.aliases) == 1 else f", the first of {len(text.aliases):,}"
        yield Problem(
            at=(start, end), message=f"an alias{more}: not every parser between here and the gateway expands it",
            help="write the value out",
        )  # fmt: skip


check = Check(code="QY106", severity="warning", of_text=find)
