"""A file that is no YAML.

The gateway refuses it. Usual reasons: a tab, an open bracket or quote, or a bare `*`, which YAML takes for an alias.

Fix: as the message says; write `"*"` with quotes.
"""

from collections.abc import Iterator

from llmcost.config.nodes import Text
from llmcost.quota.check import Check, Known
from llmcost.quota.problem import Problem


def find(text: Text, known: Known) -> Iterator[Problem]:
    """The place where parsing stopped."""
    if text.trouble is None:
        return
    index = min(text.trouble.index, len(text.text))
    here = text.text[index : index + 1]
    hint = None
    if here == "\t" or "\\t" in text.trouble.message:
        hint = "indent with spaces"
    elif here == "*":
        hint = 'quote the star: "*"'
    yield Problem(
        at=(index, min(index + 1, len(text.text))),
        message=f"this cannot be read as YAML: {text.trouble.message}",
        help=hint,
    )


check = Check(code="QY100", severity="error", of_text=find)
