"""Comments that silence a finding: `# llmcost: ignore[QR401] why`, on its line or alone on the line above.

`# llmcost: ignore-file[QR401] why` silences a whole file. A check may also be called by the beginning of its code
(`QR`) or by its name.
"""

import re
from dataclasses import dataclass, field

from llmcost.domain.rules import means

COMMENT = re.compile(
    r"#[ \t]*llmcost:[ \t]*(?P<kind>ignore(?:-file)?)[ \t]*\[(?P<words>[^\]\r\n]*)\][ \t]*(?P<reason>[^\r\n#]*)"
)


@dataclass(slots=True, kw_only=True, eq=False)
class Suppression:
    """One such comment."""

    start: int
    end: int
    words: tuple[str, ...]
    """The checks, as they are called in it."""
    reason: str
    lines: range | None
    """Lines it speaks of; None for the whole file."""
    used: set[str] = field(default_factory=set)
    """Its words that silenced something."""

    def silences(self, code: str, name: str, line: int) -> bool:
        """Whether a finding of a check is silenced; remembers that it was of use."""
        if self.lines is not None and line not in self.lines:
            return False
        found = [own for own in self.words if means(own, code, name)]
        self.used.update(found)
        return bool(found)


def suppression(comment: re.Match[str], line: int, *, alone: bool) -> Suppression:
    """A comment found on a line; one that is `alone` there speaks of the next line as well."""
    return Suppression(
        start=comment.start(),
        end=comment.end(),
        words=tuple(word.strip() for word in comment["words"].split(",") if word.strip()),
        reason=comment["reason"].strip(),
        lines=None if comment["kind"] == "ignore-file" else range(line, line + (2 if alone else 1)),
    )
