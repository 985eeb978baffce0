"""What a check found: where, how bad, how sure, and how to mend it."""

import hashlib
from dataclasses import dataclass, field
from typing import Literal, get_args

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""Worst first."""

Confidence = Literal["proved", "needs-data", "maybe"]
"""proved from the file alone; known only with history; depends on something not written in the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A stretch of a file; lines and columns count from 1, columns in characters, the end is exclusive."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A stretch of a file and the text to put there."""

    place: Place
    start: int
    """Index of the first character replaced."""
    end: int
    text: str
    shown: str
    """The text with secrets masked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """A change that mends a finding."""

    title: str
    safe: bool
    """Whether the file surely means the same or what was surely meant; others want a look first."""
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """Another place that belongs to a finding."""

    place: Place
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing one check found."""

    code: str
    """Such as `QR401`; never reused for something else."""
    name: str
    """Such as `shadowed-rule`."""
    severity: Severity
    confidence: Confidence
    place: Place
    message: str
    help: str | None = None
    """The next step."""
    rule_id: str | None = None
    """The rule of the file it is about."""
    pointer: str = ""
    """JSON pointer to the value."""
    related: tuple[Related, ...] = ()
    fix: Fix | None = None
    fingerprint: str = ""
    """The same while the file's lines move, so that known findings stay known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a check is, for catalogues and for formats that carry it along."""

    code: str
    name: str
    severity: Severity
    confidence: Confidence
    title: str
    """One sentence."""
    text: str
    """The whole page, Markdown."""

    def finding(
        self, place: Place, message: str, *, fingerprint: str, help_: str | None = None, rule_id: str | None = None
    ) -> Finding:
        """What this check found somewhere."""
        return Finding(
            code=self.code,
            name=self.name,
            severity=self.severity,
            confidence=self.confidence,
            place=place,
            message=message,
            help=help_,
            rule_id=rule_id,
            fingerprint=fingerprint,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """The outcome of one run of checks."""

    findings: tuple[Finding, ...]
    """By file, line and column."""
    rules: tuple[Rule, ...]
    """The catalogue of what was checked."""
    sources: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Lines by file, with secrets masked, to show beside the findings."""
    checked: tuple[str, ...] = ()
    """Files looked at."""
    headers: tuple[str, ...] = ()
    """How each file was understood."""
    notes: tuple[str, ...] = ()
    """What a reader should know beside the findings: what was not checked, what depends on a choice."""
    suppressed: int = 0

    def fails(self, threshold: str) -> bool:
        """Whether something proved is as bad as a threshold: one of SEVERITIES, or never."""
        if threshold == "never":
            return False
        bad = SEVERITIES[: [str(one) for one in SEVERITIES].index(threshold) + 1]
        return any(one.severity in bad and one.confidence != "maybe" for one in self.findings)


def fingerprint_of(*parts: str) -> str:
    """A short hash of what makes a finding the one it is."""
    seed = "\n".join(parts).encode("utf-8", "replace")
    return hashlib.sha1(seed, usedforsecurity=False).hexdigest()[:16]
