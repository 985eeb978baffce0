"""What a check says about a place before the run gives it a file, a severity and a fingerprint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmcost.config.nodes import Node
    from llmcost.domain.finding import Confidence, Severity

Span = tuple[int, int]
"""First index and index after the last, in the file's text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A mend: replacements of spans of the text."""

    title: str
    safe: bool
    edits: tuple[tuple[int, int, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong, at a node or span of the file the check looked at."""

    at: Node | Span
    message: str
    code: str = ""
    """Set by dialects, which report for several checks; a check's own problems have its code."""
    help: str | None = None
    rule_id: str | None = None
    severity: Severity | None = None
    """Where it differs from the check's."""
    confidence: Confidence | None = None
    related: tuple[tuple[Node, str], ...] = ()
    change: Change | None = None


def replaced(node: Node, text: str, title: str, *, safe: bool) -> Change:
    """A mend that writes other text in a node's place."""
    return Change(title=title, safe=safe, edits=((node.start, node.end, text),))


def quoted(node: Node) -> str:
    """A scalar's text as YAML that is text for every parser."""
    return '"' + node.text.replace("\\", "\\\\").replace('"', '\\"') + '"'
