"""A key that is written twice in one mapping.

YAML forbids it, most parsers take the last without a word: `limit_to: 5000` above `limit_to: 1000` is 1000.

Fix: delete one.
"""

from collections.abc import Iterator

from llmcost.config.nodes import Node, Text
from llmcost.quota.check import Check, Known
from llmcost.quota.problem import Problem


def find(text: Text, known: Known) -> Iterator[Problem]:
    """Every key after the first of its name."""
    for root in text.documents:
        for node in root.walk():
            first: dict[str, Node] = {}
            for key, _ in node.own:
                if key.kind != "scalar" or key.text == "<<":
                    continue
                other = first.setdefault(key.text, key)
                if other is not key:
                    yield Problem(
                        at=key,
                        message=f"`{key.text}` is written twice; the last silently wins",
                        help="delete one",
                        related=((other, "first written here"),),
                    )


check = Check(code="QY101", severity="error", of_text=find)
