"""What a look at a ledger and everything it is fed from found."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal

from llmcost.domain.doubled import Doubled
from llmcost.domain.errors import ExitCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that is not as it should be."""

    severity: Literal["error", "warning"]
    subject: str
    message: str
    hint: str | None = None
    exit_code: ExitCode = ExitCode.OK
    """What an error means to the shell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """What the ledger holds from one place."""

    requests: int = 0
    tagged: int = 0
    """Requests with at least one tag."""
    newest: datetime | None = None
    """Start of the latest, in UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """The ledger itself, as far as it could be read."""

    path: Path
    size: int | None = None
    """Bytes on disk; None when it could not be read."""
    schema_version: int | None = None
    rows: Rows = Rows()
    first: datetime | None = None
    buckets: int = 0
    """Periods of usage exports."""
    buckets_until: datetime | None = None
    """End of the last of them."""
    unpriced: int = 0
    rejected: int = 0
    """Lines that could not be read."""
    locked_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of asking a gateway."""

    reachable: bool
    authorised: bool | None
    """None when that is not known."""
    recent: bool | None
    """Whether it has records of the last day; None when it gave out none because of an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One entry of `ingest:` in llmcost.yaml."""

    name: str
    kind: Literal["gateway", "path"]
    rows: Rows
    buckets: int = 0
    """Periods of usage exports."""
    buckets_until: datetime | None = None
    """End of the last of them."""
    answer: Answer | None = None
    """What a gateway answered; None when it was not asked."""
    files: int = 0
    """Files at a path."""
    unread: int = 0
    """Files that are new or have changed since they were read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkup:
    """Everything that was looked at."""

    ledger: Ledger
    prices: date | None
    """The day the price list is from; None when it cannot be read."""
    places: tuple[Place, ...]
    doubled: tuple[Doubled, ...]
    problems: tuple[Problem, ...]

    @property
    def exit_code(self) -> ExitCode:
        """The first that applies of 2, 3 and 4."""
        codes = {problem.exit_code for problem in self.problems if problem.severity == "error"}
        order = (ExitCode.USAGE, ExitCode.DATA, ExitCode.UPSTREAM)
        return next((code for code in order if code in codes), ExitCode.OK)
