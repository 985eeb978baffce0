"""Comments that silence a finding: `# llmcost: ignore[QR401] why`, on its line or alone on the line above.

`# llmcost: ignore-file[QR401] why` silences a whole file. A code may be a prefix (`QR`).
"""

import re
from dataclasses import dataclass, field

COMMENT = re.compile(
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


def suppression(comment: re.Match[str], line: int, *, alone: bool) -> Suppression:
    """A comment found on a line; one that is `alone` there speaks of the next line as well."""
    return Suppression(
        start=comment.start(),
        end=comment.end(),
        codes=tuple(code.strip().upper() for code in comment["codes"].split(",") if code.strip()),
        reason=comment["reason"].strip(),
        lines=None if comment["kind"] == "ignore-file" else range(line, line + (2 if alone else 1)),
    )
