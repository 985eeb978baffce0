"""What is wrong in a price file, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from llmcost.domain.errors import ConfigError

Severity = Literal["error", "warning"]
"""An error keeps the file from being used, or makes it charge what nobody can have meant; a warning is worth a look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceFinding:
    """One thing found in a price file."""

    code: str
    """Stable, dashed."""
    severity: Severity
    path: str
    line: int
    """1-based, as is the column; columns are characters."""
    column: int
    message: str
    hint: str | None = None


class PriceFileError(ConfigError):
    """A mistake in a price file, as a finding that can be kept beside others."""

    def __init__(self, finding: PriceFinding) -> None:
        super().__init__(f"{finding.path}:{finding.line}:{finding.column}: {finding.message}", hint=finding.hint)
        self.finding = finding
