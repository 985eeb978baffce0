"""The comments of a YAML file that silence findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost.domain.suppression import COMMENT, Suppression, suppression

if TYPE_CHECKING:
    from llmcost.config.nodes import Text


def suppressions_of(text: Text) -> list[Suppression]:
    """Every such comment in a file, in order."""
    found = []
    for comment in COMMENT.finditer(text.text):
        if text.in_scalar(comment.start()):
            continue
        line, column = text.position(comment.start())
        found.append(suppression(comment, line, alone=not text.lines[line - 1][: column - 1].strip()))
    return found
