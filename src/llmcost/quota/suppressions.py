"""Comments that silence a finding: `# llmcost: ignore[QR401] why`, on its line or alone on the line above.

`# llmcost: ignore-file[QR401] why` silences a whole file. A code may be a prefix (`QR`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmcost.config.nodes import Text

_COMMENT = re.compile(
    r"#[ \t]*llmcost:[ \t]*(?P<kind>ignore(?:-file)?)[ \t]*\[(?P<codes>[A-Za-z0-9, \t]*)\][ \t]*(?P<reason>[^\r\n#]*)"
)


@dataclass(slots=True, kw_only=True, eq=False)
class Suppression:
    """One such comment."""

    start: int
    end: int
    codes: tuple[str, ...]
    reason: str
    lines: range | None
    """Lines it speaks of; None for the whole file."""
    used: set[str] = field(default_factory=set)
    """Its codes that silenced something."""

    def silences(self, code: str, line: int) -> bool:
        """Whether a finding is silenced; remembers that it was of use."""
        if self.lines is not None and line not in self.lines:
            return False
        found = [own for own in self.codes if code.startswith(own)]
        self.used.update(found)
        return bool(found)


def suppressions_of(text: Text) -> list[Suppression]:
    """Every such comment in a file, in order."""
    found = []
    for comment in _COMMENT.finditer(text.text):
        if text.in_scalar(comment.start()):
            continue
        line, column = text.position(comment.start())
        alone = not text.lines[line - 1][: column - 1].strip()
        found.append(
            Suppression(
                start=comment.start(),
                end=comment.end(),
                codes=tuple(code.strip().upper() for code in comment["codes"].split(",") if code.strip()),
                reason=comment["reason"].strip(),
                lines=None if comment["kind"] == "ignore-file" else range(line, line + (2 if alone else 1)),
            )
        )
    return found
